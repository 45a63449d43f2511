package importing_test

import (
	"testing"

	"enrolld/store"
	"enrolld/store/importing"
)

// TestTwin finds the import of the same bytes that stands, of the same account.
func TestTwin(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	twin := func(file string) int64 {
		t.Helper()
		draft := d.draft(file, terms(12))
		i, ok, err := d.x.Twin(t.Context(), d.Account.ID, draft.ID)
		d.Check(err)
		if ok != (i.ID != 0) || ok && i.StartedAt == nil {
			t.Errorf("got %t and %+v, want one that has begun", ok, i)
		}
		d.Check(d.x.Discard(t.Context(), maya, d.Account.ID, draft.ID))
		return i.ID
	}
	wants := func(what, file string, want int64) {
		t.Helper()
		if got := twin(file); got != want {
			t.Errorf("%s: got import %d, want %d", what, got, want)
		}
	}
	d.draft(list(0, 3), terms(12))
	wants("drafts alone", list(0, 3), 0)
	first := d.take(list(0, 3), terms(15))
	wants("the same", list(0, 3), first.ID)
	wants("other people", list(1, 3), 0)
	wants("one byte more", list(0, 3)+"\n", 0)
	second := d.take(list(0, 3), terms(15))
	wants("the latest", list(0, 3), second.ID)
	d.undo(second.ID)
	wants("that is not undone", list(0, 3), first.ID)
	d.Check(d.DB.InTx(t.Context(), func(tx *store.Tx) error { return importing.Forget(t.Context(), tx, []importing.Import{first}) }))
	wants("whose file is gone", list(0, 3), first.ID)
	d.take("Email\nnonsense\n", terms(12))
	wants("that gave something", "Email\nnonsense\n", 0)
	other, _ := d.AddAccount("Other", d.Site)
	if _, ok, err := d.x.Twin(t.Context(), other.ID, first.ID); err != nil || ok {
		t.Errorf("of another account: got %t, %v, want none", ok, err)
	}
	d.Want(`SELECT COUNT(DISTINCT digest) FROM enrolld_imports WHERE digest <> ''`, "2")
}
