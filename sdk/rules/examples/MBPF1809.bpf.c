// SPDX-License-Identifier: Apache-2.0
// A CO-RE relocation stands for a field's place in the target's types. One that does not resolve makes the program
// impossible where it is reached, and only there: a branch that bpf_core_field_exists closes is not judged.
// Objects: those whose source marks structures preserve_access_index, when --btf gives types that lack a field.
