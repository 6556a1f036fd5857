/* Planted faults, for proving that the tests would see real ones. In every normal build SG_MUTANT(n) is the constant 0 and nothing of this
 * is left; a build with -DSG_MUTANTS plants the one whose number is set (tests/sim/mutants.txt says what each does). */
#pragma once
#ifdef SG_MUTANTS
extern int sg_mutant;
#define SG_MUTANT(n) (sg_mutant == (n))
static inline void sg_mutant_set(int n) { sg_mutant = n; }
static inline int sg_mutant_now(void) { return sg_mutant; }
#else
#define SG_MUTANT(n) 0
static inline void sg_mutant_set(int n) { (void)n; }
static inline int sg_mutant_now(void) { return 0; }
#endif
