/* What the test program and the preloaded shim share: one mapped file. The test writes the plan before it starts the program; the shim
 * counts the program's calls in it and carries the plan out; what it counted is good also when the program was killed. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { E_SHORT = -1, E_LATE = -2 };
enum fault_class { FAULT_FILE, FAULT_SOCKET, FAULT_MEMORY, FAULT_CLASSES };
enum fault_group { FAULT_OPENING, FAULT_READING, FAULT_WRITING, FAULT_SYNCING, FAULT_NAMING, FAULT_LOCKING, FAULT_MAPPING, FAULT_CLOSING,
                   FAULT_CONNECTING, FAULT_ACCEPTING, FAULT_SENDING, FAULT_RECEIVING, FAULT_OPTIONS, FAULT_WAITING, FAULT_ALLOCATING };
enum fault_call {
#define CALL(id, class, group, one, two) CALL_##id,
#include "call.def"
    CALL_COUNT
};
enum fault_trace { FAULT_UNTRACED, FAULT_TRACE_HELD, FAULT_TRACE_ALL };       /* HELD: those that stand in held_nth */
enum fault_mode { FAULT_COUNT, FAULT_FAIL, FAULT_KILL };
enum { FAULT_SITES = 4096, FAULT_PATHS = 1 << 14, FAULT_NOTED = 1 << 17, FAULT_HELD = 16 };

/* A place a call comes from: module and offset of the return address, hashed. failed: a call from there was made to fail. */
struct fault_site { _Atomic uint64_t place; uint16_t call; atomic_bool failed; };
/* A way to a call: the return addresses of the whole stack, hashed. OpenSSL and SQLite ask for all of their memory at one place each; who
 * asked them is in the stack only. place: the last of the addresses, as in fault_site. ways: bit n, a call that came this way was made to fail in way n of the test. */
struct fault_path { _Atomic uint64_t hash; uint64_t place; uint16_t call; atomic_uchar ways; };
struct fault_shared {
    /* the plan */
    uint32_t mode, class, which;         /* which: first or second error of the call */
    int64_t k;                           /* 1 is the first call of the class; 0 none */
    uint32_t way;                        /* bit in fault_path.ways */
    uint64_t by;                         /* not 0: instead of call k, the first that comes this way */
    bool forever;
    uint32_t trace;                      /* enum fault_trace: of which blocks still held at the end it is looked from where they were asked for */
    /* what happened */
    atomic_int_fast64_t count[FAULT_CLASSES];
    atomic_int hit;                      /* times a call was made to fail */
    atomic_int_fast32_t hit_call;        /* the first of them */
    _Atomic uint64_t hit_place, hit_path;
    char where[96];                      /* "module+offset" of it */
    atomic_int held;                     /* blocks of memory never given back; -1 not looked */
    uint32_t held_nth[FAULT_HELD], held_size[FAULT_HELD];   /* the first of them: which allocation it was, and of how much */
    atomic_bool left;                    /* it ended by exit() */
    int64_t at; long wrongs, unsaid, library, lost;     /* how far a worker has come */
    int tls;                             /* blocks OpenSSL lost in a handshake when its own allocation failed (traced runs) */
    struct fault_site site[FAULT_SITES];
    struct fault_path path[FAULT_PATHS];
    uint8_t noted[FAULT_CLASSES][FAULT_NOTED];      /* the function of call i, from 1 */
    uint16_t noted_path[FAULT_CLASSES][FAULT_NOTED];        /* the path it came by, + 1 */
};

/* In the shim, for a program that is under it itself with SIGILL_FAULT_LATER=1: nothing is counted but between begin and end. end writes
 * into the shared file how much memory is still held. */
void fault_inject_begin(void);
void fault_inject_end(void);
/* path.c: the stack above as a hash that is the same in the next process; the entry of the table, entered when missing and told to. */
uint64_t place_of(const void *ra, char *text, unsigned long cap);
void path_tell(const char *file);   /* the stack of the call that failed last (FAULT_STACK=file) */
uint64_t path_here(enum fault_call call);
void path_root(const void *ra);                          /* frames from the function ra is in on are the test's own; NULL: none are */
struct fault_path *path_find(struct fault_shared *sh, uint64_t hash, enum fault_call call, bool enter);
void heap_begin(const struct fault_shared *sh);
void heap_note(void *p, unsigned long n);
void heap_drop(const void *p);
bool heap_of_locale(const void *ra);                      /* libc keeps what its locales and catalogues ask for, and asks anew each time */
void heap_end(struct fault_shared *sh);
