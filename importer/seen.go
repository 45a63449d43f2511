package importer

import (
	"hash/maphash"
	"math/bits"

	"enrolld"
)

// Seen remembers which addresses came before, in 10 to 16 bytes for each. It keeps
// hashes of 64 bits under a seed of its own: two addresses are taken for one with
// a chance of one in thirty million for a whole file of a million, and nobody can
// choose them so. To go on in the middle of a file, show it the rows before.
type Seen struct {
	limit int
	count int
	seed  maphash.Seed
	slots []uint64 // 0 is free
}

// MaxSeen is a limit for Seen that takes at most 32 MB.
const MaxSeen = 2_000_000

// NewSeen remembers up to limit addresses. Beyond these, it knows the ones it has;
// who comes twice after that is for the store to find, where addresses are unique.
func NewSeen(limit int) *Seen {
	return &Seen{limit: limit, seed: maphash.MakeSeed(), slots: make([]uint64, 1024)}
}

// Judge makes a row Same when its address came before. Rows that are not Ready it
// leaves alone.
func (s *Seen) Judge(row *Row) {
	if row.Verdict == Ready && s.add(row.Key) {
		row.Verdict = Same
		row.add(-1, Repeated, "the same address came before in this file")
	}
}

// Full says whether the limit is reached: Same may be said too seldom.
func (s *Seen) Full() bool { return s.count >= s.limit }

// add remembers a key, and says whether it was there.
func (s *Seen) add(key enrolld.EmailKey) (known bool) {
	hash := max(maphash.String(s.seed, string(key)), 1)
	i := s.slot(hash)
	if s.slots[i] == hash {
		return true
	}
	if s.count >= s.limit {
		return false
	}
	s.slots[i] = hash
	if s.count++; s.count*5 > len(s.slots)*4 {
		s.grow()
	}
	return false
}

// slot is where a hash is, or may go.
func (s *Seen) slot(hash uint64) int {
	at, _ := bits.Mul64(hash, uint64(len(s.slots)))
	for s.slots[at] != 0 && s.slots[at] != hash {
		if at++; at == uint64(len(s.slots)) {
			at = 0
		}
	}
	return int(at)
}

// grow makes room by half: from four fifths full to more than a half, which is
// what keeps it within 16 bytes an address.
func (s *Seen) grow() {
	old := s.slots
	s.slots = make([]uint64, len(old)+len(old)/2)
	for _, hash := range old {
		if hash != 0 {
			s.slots[s.slot(hash)] = hash
		}
	}
}
