package integrations

import (
	"testing"
	"time"

	"enrolld"
)

func TestReadConfirm(t *testing.T) {
	for text, want := range map[string]struct {
		confirm bool
		code    enrolld.Code
	}{
		"": {true, ""}, " ": {true, ""}, `{}`: {true, ""}, `{"confirm":"on"}`: {true, ""}, `{"confirm":"off"}`: {false, ""},
		`{"confirm":"Off"}`: {true, enrolld.Invalid}, `{"confirm":false}`: {true, enrolld.Invalid}, `{"confirm`: {true, enrolld.Invalid},
		`[]`: {true, enrolld.Invalid},
	} {
		confirm, err := ReadConfirm("Shop", []byte(text))
		if confirm != want.confirm || enrolld.CodeOf(err) != want.code {
			t.Errorf("%s: got %t, %v, want %t, code %q", text, confirm, err, want.confirm, want.code)
		}
	}
	if !IsSettling(time.Now()) || IsSettling(time.Now().Add(-Settling-time.Minute)) {
		t.Error("a delivery is not young for an hour")
	}
}
