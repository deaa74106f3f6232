// SPDX-License-Identifier: Apache-2.0
// Devices keep the name in a field of fixed length and print it.
// Objects: any, when mbpf-cc is given a longer name, or derives one from a longer file name.
