/* SPDX-License-Identifier: Apache-2.0
 * The firmware's own version, as `hello` reports it. */
#ifndef MBPF_VERSION_H
#define MBPF_VERSION_H

#define MBPF_FIRMWARE_VERSION "0.1.0"

#endif
