package wordpress

import "testing"

// A name goes to the transaction that takes it first, which may be run anew.
func TestSideTakesOnce(t *testing.T) {
	t.Parallel()
	names := NewNames()
	one, other := names.Side(), names.Side()
	for i, test := range []struct {
		side       *Side
		kind, name string
		want       bool
	}{
		{one, kindLogin, "john", true},
		{other, kindLogin, "john", false},
		{other, kindNicename, "john", true},
		{one, kindLogin, "john", true},
		{one, kindNicename, "john", false},
		{nil, kindLogin, "john", true},
	} {
		if got := test.side.take(test.kind, test.name); got != test.want {
			t.Errorf("%d: take(%s, %s) = %v, want %v", i, test.kind, test.name, got, test.want)
		}
	}
}
