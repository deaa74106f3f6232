/* SPDX-License-Identifier: Apache-2.0
 * A kernel that went through WebAssembly and wasm2c, called as all kernels are: its linear memory is the kernel's memory.
 * MODULE_FILE is wasm2c's output; MODULE_TYPE and MODULE_KERNEL are its names for the instance and the kernel. */
#include MODULE_FILE

u64 kernel(void *memory)
{
    static MODULE_TYPE instance;
    instance.w2c_memory.data = memory;
    instance.w2c_memory.size = 65536; /* one page: what is behind the kernel's memory is not there, nor does it ask */
    return MODULE_KERNEL(&instance, 0);
}

uint32_t wasm_rt_call_stack_depth;

void wasm_rt_trap(wasm_rt_trap_t why)
{
    (void)why;
    for (;;) {
    }
}
