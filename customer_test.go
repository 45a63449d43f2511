package enrolld_test

import (
	"testing"
	"time"

	"enrolld"
)

func TestCustomerLabel(t *testing.T) {
	t.Parallel()
	var erased enrolld.Standing
	erased.ErasedAt = &time.Time{}
	for _, tt := range []struct {
		c           enrolld.Customer
		full, label string
	}{
		{enrolld.Customer{First: "Ann", Last: "Lee", Email: "ann@example.org"}, "Ann Lee", "Ann Lee"},
		{enrolld.Customer{First: "Ann", Email: "ann@example.org"}, "Ann", "Ann"},
		{enrolld.Customer{Last: "Lee", Email: "ann@example.org"}, "Lee", "Lee"},
		{enrolld.Customer{Email: "ann@example.org"}, "", "ann@example.org"},
		{enrolld.Customer{ID: 7, Standing: erased}, "", "Erased customer 7"},
	} {
		if got := tt.c.FullName(); got != tt.full {
			t.Errorf("FullName of %+v: got %q, want %q", tt.c, got, tt.full)
		}
		if got := tt.c.Label(); got != tt.label {
			t.Errorf("Label of %+v: got %q, want %q", tt.c, got, tt.label)
		}
	}
}
