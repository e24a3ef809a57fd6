/* What this processor can do, for systems that do not list it in a file. The names are Linux'. */
#pragma once
#include <string.h>
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif
#if defined(__x86_64__)
#include <cpuid.h>

/* Whether a bit of what cpuid says of AMX is set, and the system keeps its registers (Intel's manual, volume 1, 18.3). */
static int amx_has(int bit) {
    unsigned a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c >> 27 & 1) || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (d >> bit & 1) && (low >> 17 & 3) == 3;
}
#endif

/* Whether the processor has the instructions of this name, and the system lets programs use their registers. */
int processor_has(const char *name) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!strcmp(name, "avx2")) return __builtin_cpu_supports("avx2") != 0;
    if (!strcmp(name, "fma")) return __builtin_cpu_supports("fma") != 0;
    if (!strcmp(name, "avx512f")) return __builtin_cpu_supports("avx512f") != 0;
    if (!strcmp(name, "avx512bw")) return __builtin_cpu_supports("avx512bw") != 0;
    if (!strcmp(name, "avx512dq")) return __builtin_cpu_supports("avx512dq") != 0;
    if (!strcmp(name, "avx512vl")) return __builtin_cpu_supports("avx512vl") != 0;
    if (!strcmp(name, "amx_bf16")) return amx_has(22);
    if (!strcmp(name, "amx_tile")) return amx_has(24);
    if (!strcmp(name, "avx512_bf16")) return __builtin_cpu_supports("avx512bf16") != 0;
#elif defined(__APPLE__)
    if (!strcmp(name, "atomics")) return 1; /* of ARM, which every such Mac has */
    int has = 0;
    size_t size = sizeof has;
    if (!strcmp(name, "bf16")) return !sysctlbyname("hw.optional.arm.FEAT_BF16", &has, &size, NULL, 0) && has;
#endif
    (void)name;
    return 0;
}
