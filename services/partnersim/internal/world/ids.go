package world

import (
	"encoding/binary"
	"encoding/hex"
)

// ID is a GUID, compared without regard to the case it was written in.
type ID [16]byte

// ParseID reads a GUID of the form 8-4-4-4-12 in either case.
func ParseID(s string) (id ID, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return ID{}, false
	}
	at := 0
	for i := 0; i < len(s); i++ {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			continue
		}
		hi, lo := nibble(s[i]), nibble(s[i+1])
		if hi > 15 || lo > 15 {
			return ID{}, false
		}
		id[at] = hi<<4 | lo
		at++
		i++
	}
	return id, true
}

func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}

// Append writes the id in lower case.
func (id ID) Append(b []byte) []byte {
	var text [36]byte
	hex.Encode(text[0:8], id[0:4])
	hex.Encode(text[9:13], id[4:6])
	hex.Encode(text[14:18], id[6:8])
	hex.Encode(text[19:23], id[8:10])
	hex.Encode(text[24:36], id[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return append(b, text[:]...)
}

// String is the id in lower case.
func (id ID) String() string { return string(id.Append(make([]byte, 0, 36))) }

// NewID makes a well-formed GUID out of a number; different numbers give different ids. It is what a server makes up for a
// request that came without an id.
func NewID(key, n uint64) ID { return minter{key: key}.guid(0, n) }

// minter turns numbers into ids and back. An id therefore needs no index: its number says where its record stands, and
// that it can be turned back at all says that this minter gave it out.
type minter struct{ key uint64 }

// The things that have GUIDs; each has a numbering of its own.
const (
	kindCart uint64 = iota + 1
	kindSubscription
	kindAttachment
	kindTransition
)

// guid gives the GUID of a number: 64 bits hold the number, scrambled, the rest is a checksum.
func (m minter) guid(kind, n uint64) (id ID) {
	a := mix(n ^ mix(m.key^kind))
	binary.BigEndian.PutUint64(id[:8], a&^0xf000|0x4000)
	binary.BigEndian.PutUint64(id[8:], 2<<62|(a>>12&0xf)<<58|m.check(kind, a)&(1<<58-1))
	return id
}

// number gives back the number of a GUID made by guid. Any other GUID is recognised as such.
func (m minter) number(kind uint64, id ID) (n uint64, ok bool) {
	hi, lo := binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
	a := hi&^0xf000 | (lo>>58&0xf)<<12
	if hi&0xf000 != 0x4000 || lo>>62 != 2 || lo&(1<<58-1) != m.check(kind, a)&(1<<58-1) {
		return 0, false
	}
	return unmix(a) ^ mix(m.key^kind), true
}

func (m minter) check(kind, a uint64) uint64 { return mix(a ^ mix(^m.key+kind)) }

// An order id is 12 hexadecimal digits, as new commerce has them: 48 bits.
const (
	orderBits      = 48
	orderMask      = 1<<orderBits - 1
	orderFactor    = 0x5851f42d4c95
	orderDigits    = orderBits / 4
	groupsPerOrder = 16 // a cart is checked out into at most so many orders
)

// orderFactorInverse undoes a multiplication by orderFactor modulo 2^48 (Newton's iteration doubles the good bits).
var orderFactorInverse = func() uint64 {
	inverse := uint64(orderFactor)
	for range 5 {
		inverse *= 2 - orderFactor*inverse
	}
	return inverse & orderMask
}()

// order gives the order id of a number.
func (m minter) order(n uint64) string {
	x := (n ^ mix(m.key)) & orderMask
	x ^= x >> 24
	x = x * orderFactor & orderMask
	x ^= x >> 24
	var raw [8]byte
	binary.BigEndian.PutUint64(raw[:], x)
	return hex.EncodeToString(raw[2:])
}

// orderNumber gives back the number of an order id. Any 12 digits have a number; whether it was given out is for the
// caller to see.
func (m minter) orderNumber(id string) (n uint64, ok bool) {
	if len(id) != orderDigits {
		return 0, false
	}
	x := uint64(0)
	for i := range len(id) {
		d := nibble(id[i])
		if d > 15 {
			return 0, false
		}
		x = x<<4 | uint64(d)
	}
	x ^= x >> 24
	x = x * orderFactorInverse & orderMask
	x ^= x >> 24
	return (x ^ mix(m.key)) & orderMask, true
}

// mix scrambles 64 bits so that none is lost (the end of splitmix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// unmix undoes mix.
func unmix(x uint64) uint64 {
	x ^= x>>31 ^ x>>62
	x *= 0x319642b2d24d8ec3
	x ^= x>>27 ^ x>>54
	x *= 0x96de1b173f119089
	return x ^ x>>30 ^ x>>60
}
