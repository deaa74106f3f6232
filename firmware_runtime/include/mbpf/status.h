/* SPDX-License-Identifier: Apache-2.0
 * What runtime operations answer. The order matches `Code` of core/proto/control.proto, so that an
 * operation's status is the reply's code. */
#ifndef MBPF_STATUS_H
#define MBPF_STATUS_H

typedef enum mbpf_status {
    MBPF_OK = 0,
    MBPF_REFUSED = 1,
    MBPF_BAD_REQUEST = 2,
    MBPF_NOT_FOUND = 3,
    MBPF_BAD_STATE = 4,
    MBPF_FULL = 5,
    MBPF_UNSUPPORTED = 6,
    MBPF_OUT_OF_RANGE = 7,
    MBPF_STALE = 8,
    MBPF_FLASH_FAILED = 9,
    MBPF_STOPPED = 10
} mbpf_status;

#endif
