#include "textflag.h"

// Constants of sixteen equal bytes. A comparison of signed bytes tells whether
// a byte lies in a range that ends at 0x7f once the distance is added.
#define SIXTEEN(name, eight) \
	DATA name<>+0(SB)/8, $eight \
	DATA name<>+8(SB)/8, $eight \
	GLOBL name<>(SB), RODATA|NOPTR, $16

SIXTEEN(caseBit, 0x2020202020202020)     // also the space
SIXTEEN(fullStop, 0x2e2e2e2e2e2e2e2e)
SIXTEEN(slash, 0x2f2f2f2f2f2f2f2f)
SIXTEEN(letterUp, 0x0505050505050505)    // 'z' becomes 0x7f
SIXTEEN(letterFrom, 0x6565656565656565)  // 'a' becomes 0x66
SIXTEEN(digitUp, 0x4646464646464646)     // '9' becomes 0x7f
SIXTEEN(digitFrom, 0x7575757575757575)   // '0' becomes 0x76

// CLASSIFY reads sixteen bytes at off(SI) and leaves their bits in AX
// (letters), BX (digits) and DX (space, '.', '/').
#define CLASSIFY(from) \
	MOVOU from, X0 \
	MOVO X0, X1 \
	MOVO X0, X2 \
	MOVO X0, X3 \
	MOVO X0, X4 \
	POR X8, X0 \
	PADDB X11, X0 \
	PCMPGTB X12, X0 \
	PMOVMSKB X0, AX \
	PADDB X13, X1 \
	PCMPGTB X14, X1 \
	PMOVMSKB X1, BX \
	PCMPEQB X8, X2 \
	PCMPEQB X9, X3 \
	PCMPEQB X10, X4 \
	POR X3, X2 \
	POR X4, X2 \
	PMOVMSKB X2, DX

#define CONSTANTS \
	MOVOU caseBit<>(SB), X8 \
	MOVOU fullStop<>(SB), X9 \
	MOVOU slash<>(SB), X10 \
	MOVOU letterUp<>(SB), X11 \
	MOVOU letterFrom<>(SB), X12 \
	MOVOU digitUp<>(SB), X13 \
	MOVOU digitFrom<>(SB), X14

// func classify64(p *byte) (letters, digits, plain uint64)
TEXT ·classify64(SB), NOSPLIT, $0-32
	MOVQ p+0(FP), SI
	CONSTANTS
	CLASSIFY(48(SI))
	MOVQ AX, R8
	MOVQ BX, R9
	MOVQ DX, R10
	CLASSIFY(32(SI))
	SHLQ $16, R8
	SHLQ $16, R9
	SHLQ $16, R10
	ORQ AX, R8
	ORQ BX, R9
	ORQ DX, R10
	CLASSIFY(16(SI))
	SHLQ $16, R8
	SHLQ $16, R9
	SHLQ $16, R10
	ORQ AX, R8
	ORQ BX, R9
	ORQ DX, R10
	CLASSIFY(0(SI))
	SHLQ $16, R8
	SHLQ $16, R9
	SHLQ $16, R10
	ORQ AX, R8
	ORQ BX, R9
	ORQ DX, R10
	MOVQ R8, letters+8(FP)
	MOVQ R9, digits+16(FP)
	MOVQ R10, plain+24(FP)
	RET

// func classifyTail(p *byte, n int) (letters, digits, plain uint64)
// Reads p[0:n], 16 <= n < 64; the last sixteen bytes may be read twice.
TEXT ·classifyTail(SB), NOSPLIT, $0-40
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), DI
	CONSTANTS
	CLASSIFY(0(SI))
	MOVQ AX, R8
	MOVQ BX, R9
	MOVQ DX, R10
	CMPQ DI, $32
	JLT last
	CLASSIFY(16(SI))
	SHLQ $16, AX
	SHLQ $16, BX
	SHLQ $16, DX
	ORQ AX, R8
	ORQ BX, R9
	ORQ DX, R10
	CMPQ DI, $48
	JLT last
	CLASSIFY(32(SI))
	SHLQ $32, AX
	SHLQ $32, BX
	SHLQ $32, DX
	ORQ AX, R8
	ORQ BX, R9
	ORQ DX, R10
last:
	LEAQ -16(DI), CX
	CLASSIFY(-16(SI)(DI*1))
	SHLQ CX, AX
	SHLQ CX, BX
	SHLQ CX, DX
	ORQ AX, R8
	ORQ BX, R9
	ORQ DX, R10
	MOVQ R8, letters+16(FP)
	MOVQ R9, digits+24(FP)
	MOVQ R10, plain+32(FP)
	RET
