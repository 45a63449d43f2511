package importer

import (
	"strconv"
	"testing"
	"unsafe"

	"enrolld"
)

func TestSeen(t *testing.T) {
	t.Parallel()
	const people = 1_000_000
	s := NewSeen(people)
	for i := range people {
		if s.add(enrolld.EmailKey(strconv.Itoa(i) + "@x.org")) {
			t.Fatalf("%d was never there", i)
		}
		if used := len(s.slots) * int(unsafe.Sizeof(s.slots[0])); i > 1000 && used > 16*(i+1) {
			t.Fatalf("%d addresses take %d bytes", i+1, used)
		}
	}
	for i := 0; i < people; i += 7 {
		if !s.add(enrolld.EmailKey(strconv.Itoa(i) + "@x.org")) {
			t.Fatalf("%d is forgotten", i)
		}
	}
	if !s.Full() || s.count != people {
		t.Errorf("%d addresses, full %t", s.count, s.Full())
	}
	s.add("late@x.org")
	if s.add("late@x.org") {
		t.Error("an address beyond the limit is remembered")
	}
}

func TestSeenJudge(t *testing.T) {
	t.Parallel()
	s := NewSeen(10)
	rows := []Row{
		{Verdict: Invalid, Key: "ann@x.org"}, {Verdict: Ready, Key: "ann@x.org"},
		{Verdict: Ready, Key: "ann@x.org"}, {Verdict: Ready, Key: "bob@x.org"},
	}
	for i, want := range []Verdict{Invalid, Ready, Same, Ready} {
		if s.Judge(&rows[i]); rows[i].Verdict != want {
			t.Errorf("row %d is %s, want %s", i, rows[i].Verdict, want)
		}
	}
}
