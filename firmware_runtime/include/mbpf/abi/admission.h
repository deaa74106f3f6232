/* SPDX-License-Identifier: Apache-2.0
 * Every reason for which a device refuses a package, in the order of the checks. One table for device,
 * deployer and dry run: the code is stable, `expected` and `actual` are reported beside it. */
#ifndef MBPF_ABI_ADMISSION_H
#define MBPF_ABI_ADMISSION_H

/* X(number, NAME, "what", "fix"); numbers are stable, rows stand in the order of the checks. */
#define MBPF_ADMISSION_TABLE(X) \
    X(0, OK, "admitted", "") \
    X(25, NO_SLOT, "no free slot", "unload a package first") \
    X(1, TRUNCATED, "package is shorter than its header says", "send the whole package") \
    X(2, MAGIC, "not a MicroBPF package", "send a .mbpf file") \
    X(3, FORMAT_VERSION, "package format version is not supported", "rebuild with the SDK release that matches the firmware") \
    X(4, FLAGS, "package has unknown flags", "rebuild with the SDK release that matches the firmware") \
    X(5, LAYOUT, "package layout is inconsistent", "the file is damaged or was not written by the SDK") \
    X(6, TOO_LARGE, "package is larger than a slot", "build with --optimize size or raise the slot size in the firmware") \
    X(7, ISA, "package is for another instruction set", "build with --target for this device") \
    X(8, ISA_EXTENSION, "package needs an instruction set extension that this CPU lacks", "build with --target for this device") \
    X(9, PLATFORM, "package is for another platform version", "build against the firmware's platform descriptor") \
    X(29, NO_TRUST_ANCHORS, "device is not provisioned with any key", "provision keys first") \
    X(10, SIGNATURE_MISSING_VERIFIER, "no verifier signature", "sign with a verifier key: mbpf-sign sign --key") \
    X(30, SECOND_VERIFIER, "fewer verifiers have signed than the device demands", "have a second, independent verifier rebuild and sign: mbpf-sign sign --key") \
    X(11, SIGNATURE_MISSING_RELEASE, "no release signature", "sign with a release key: mbpf-sign sign --key") \
    X(31, DEPLOYMENT, "not authorised for this device, its group or its class", "authorise it with a deploy key: mbpf-sign sign --for device:ID") \
    X(12, KEY_UNKNOWN, "no signature of this role by a key the device trusts", "sign with a key that the device was provisioned with") \
    X(13, SIGNATURE_INVALID, "a signature does not match the package", "the package was changed after signing, or signed with another key: sign it again") \
    X(14, PAYLOAD_DIGEST, "payload does not match the signed digest", "the file was damaged on the way: send it again") \
    X(15, ROLLBACK, "package is older than the installed one", "raise the rollback counter: mbpf-cc build --rollback-counter") \
    X(16, CAPABILITY, "package asks for a capability the device does not grant", "drop the helper, or provision the capability") \
    X(17, HOOK_UNKNOWN, "the device has no such hook", "attach to a hook the device lists: mbpf-deploy list --hooks") \
    X(18, HOOK_ABI, "hook context differs from the firmware's", "build against the firmware's platform descriptor") \
    X(32, HOOK_NOT_GRANTED, "no release key that signed may grant this hook", "sign with a release key that may, or change its grant in the root record") \
    X(19, HELPER_UNKNOWN, "the device has no such helper", "use a helper the firmware links in") \
    X(20, HELPER_ABI, "helper prototype differs from the firmware's", "build against the firmware's platform descriptor") \
    X(21, MAP_TYPE, "map type or size is not supported", "use a map type the firmware links in, within its limits") \
    X(22, RAM, "package needs more RAM than is left", "shrink its maps or unload another package") \
    X(23, STACK, "program needs more stack than the hook allows", "use less stack") \
    X(24, INSTRUCTIONS, "worst case exceeds the hook's instruction budget", "bound loops tighter or split the work") \
    X(33, HOOK_BUDGET, "programs of this hook together exceed its instruction budget", "unload one of them, or split the work") \
    X(34, DEVICE_INSTRUCTIONS, "all admitted programs together exceed the device's instruction budget", "unload a package") \
    X(35, DEVICE_STACK, "the hooks' greatest programs together need more stack than the device has", "unload a package, or use less stack") \
    X(26, IMPORT, "import table row is invalid", "the file was not written by the SDK") \
    X(27, ENTRY, "program entry lies outside the text", "the file was not written by the SDK") \
    X(28, MAP_LAYOUT_CHANGED, "a map kept by the new version changed its layout", "rename the map, unload the old version first, or give a migrator") \
    X(36, ROOT_LAYOUT, "root record is malformed", "write it with mbpf-sign root") \
    X(37, ROOT_VERSION, "root record is not newer than the device's", "raise its version") \
    X(38, ROOT_REVOKED, "root record brings back a revoked key, or drops one without revoking it", "make it from the device's present record: mbpf-sign root make --previous") \
    X(39, ROOT_OLD_THRESHOLD, "too few keys of the present root record have signed", "have more root keys of the present record sign it") \
    X(40, ROOT_NEW_THRESHOLD, "too few of its own root keys have signed", "have more root keys of the new record sign it") \
    X(41, ROOT_STORE, "root record could not be stored", "try again; check the device's flash") \
    X(42, CYCLES, "worst case of the machine code exceeds the hook's budget of cycles", "bound loops tighter or split the work")

enum mbpf_admission {
#define MBPF_ADMISSION_ENUM(number, name, what, fix) MBPF_ADMIT_##name = number,
    MBPF_ADMISSION_TABLE(MBPF_ADMISSION_ENUM)
#undef MBPF_ADMISSION_ENUM
};

#endif
