# SPDX-License-Identifier: Apache-2.0
# What of BearSSL and nanopb the runtime takes.
set(MBPF_BEARSSL_SOURCES ${MBPF_BEARSSL_SOURCE}/src/hash/sha2small.c ${MBPF_BEARSSL_SOURCE}/src/codec/enc32be.c ${MBPF_BEARSSL_SOURCE}/src/codec/dec32be.c)
set(MBPF_NANOPB_SOURCES
  ${MBPF_NANOPB_SOURCE}/pb_common.c ${MBPF_NANOPB_SOURCE}/pb_decode.c ${MBPF_NANOPB_SOURCE}/pb_encode.c)
set(MBPF_THIRD_PARTY_INCLUDES ${MBPF_BEARSSL_SOURCE}/inc ${MBPF_BEARSSL_SOURCE}/src ${MBPF_NANOPB_SOURCE})
