// SPDX-License-Identifier: Apache-2.0
// A certificate is the proof of one object on one platform and hook. The checker goes through it with the bytecode at
// hand, and refuses at the first place where the two do not fit; the trusted part of the verifier is this check.
// Objects: any object, when --check names a certificate of another one, or a damaged one.
