package lms_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"enrolld"
	"enrolld/store/lms"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
	"enrolld/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

func place(w *pt.World) lms.Place {
	return lms.Place{AccountID: w.Account.ID, Site: provision.WordPressSite(w.Site, 1), Now: w.Clock.Now()}
}

func newWorld(t *testing.T) *pt.World {
	t.Helper()
	w := pt.New(t)
	w.Site.ID = w.Account.SiteID
	return w
}

const rows = `SELECT user_id, course_id, account_id, ends_at, granted_at FROM enrolld_access ORDER BY 1, 2, 3`

// TestPageOpensAndCloses opens, moves the end and closes, each twice: the second
// time changes nothing.
func TestPageOpensAndCloses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	end := pt.Start.Add(time.Hour)
	other := place(w)
	other.AccountID++
	w.Check(lms.Page{}.Open(t.Context(), w.DB.Conn(), other, []lms.Enrolment{{UserID: 1, CourseID: 12}}))
	const others = "1|12|2|NULL|2026-03-04T05:06:07.891011Z"
	for _, step := range []struct {
		name string
		do   func(lms.Place) error
		want []string
	}{
		{"open", func(p lms.Place) error {
			return lms.Page{}.Open(t.Context(), w.DB.Conn(), p, []lms.Enrolment{{1, 12, nil}, {1, 15, &end}, {2, 12, &end}})
		}, []string{
			"1|12|1|NULL|2026-03-04T05:06:07.891011Z", others, "1|15|1|2026-03-04T06:06:07.891011Z|2026-03-04T05:06:07.891011Z",
			"2|12|1|2026-03-04T06:06:07.891011Z|2026-03-04T05:06:07.891011Z",
		}},
		{"move the end", func(p lms.Place) error {
			p.Now = p.Now.Add(time.Minute) // since when it is open stays
			return lms.Page{}.Open(t.Context(), w.DB.Conn(), p, []lms.Enrolment{{1, 12, &end}, {1, 15, nil}})
		}, []string{
			"1|12|1|2026-03-04T06:06:07.891011Z|2026-03-04T05:06:07.891011Z", others,
			"1|15|1|NULL|2026-03-04T05:06:07.891011Z", "2|12|1|2026-03-04T06:06:07.891011Z|2026-03-04T05:06:07.891011Z",
		}},
		{"close", func(p lms.Place) error {
			return lms.Page{}.Close(t.Context(), w.DB.Conn(), p, []lms.Enrolment{{1, 12, nil}, {2, 12, &end}, {9, 15, nil}})
		}, []string{others, "1|15|1|NULL|2026-03-04T05:06:07.891011Z"}},
	} {
		for range 2 {
			if err := step.do(place(w)); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			if diff := cmp.Diff(step.want, w.Rows(rows)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", step.name, diff)
			}
		}
	}
}

func TestPageTakesThousandsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := make([]lms.Enrolment, 70_000/2)
	for i := range list {
		list[i] = lms.Enrolment{UserID: int64(i + 1), CourseID: int64(12 + 3*(i%2))}
	}
	w.Check(lms.Page{}.Open(t.Context(), w.DB.Conn(), place(w), list))
	w.Want(`SELECT course_id, COUNT(*) FROM enrolld_access GROUP BY 1`, "12|17500", "15|17500")
	w.Check(lms.Page{}.Close(t.Context(), w.DB.Conn(), place(w), list[1:]))
	w.Want(`SELECT user_id FROM enrolld_access`, "1")
	w.Check(lms.Page{}.Open(t.Context(), w.DB.Conn(), place(w), nil))
	w.Check(lms.Page{}.Close(t.Context(), w.DB.Conn(), place(w), nil))
}

func TestPagesAreCourses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Exec(`UPDATE wp_posts SET post_title = 'Drawing &amp; Inking' WHERE ID = 12`)
	w.Exec(`UPDATE wp_posts SET post_status = 'draft' WHERE ID = 15`)
	w.Exec(`INSERT INTO wp_postmeta (post_id, meta_key, meta_value)
		VALUES (12, '_enrolld_course', '1'), (15, '_enrolld_course', '1')`)
	drawing := lms.Course{
		Ref: pt.Course(12), Title: "Drawing & Inking", URL: "https://school.example/?page_id=12", Status: "publish",
	}
	weaving := lms.Course{
		Ref: pt.Course(18), Title: "Weaving", URL: "https://school.example/?page_id=18", Status: "publish",
	}
	listed, err := lms.Page{}.Courses(t.Context(), w.DB.Conn(), place(w))
	w.Check(err)
	want := []lms.Course{drawing, {
		Ref: pt.Course(15), Title: "Sculpture", URL: "https://school.example/?page_id=15", Status: "draft",
	}}
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("Courses (-want +got):\n%s", diff)
	}
	described, err := lms.Page{}.Describe(t.Context(), w.DB.Conn(), place(w), []int64{12, 18, 99})
	w.Check(err)
	if diff := cmp.Diff(map[int64]lms.Course{12: drawing, 18: weaving}, described); diff != "" {
		t.Errorf("Describe (-want +got):\n%s", diff)
	}
}

func TestWritersByName(t *testing.T) {
	t.Parallel()
	for _, w := range lms.All() {
		if got, err := lms.ByName(w.Name()); got != w || err != nil {
			t.Errorf("ByName(%q): got %v, %v", w.Name(), got, err)
		}
	}
	if _, err := lms.ByName("chalkboard"); enrolld.CodeOf(err) != enrolld.NotFound {
		t.Errorf("ByName of an LMS that we do not write: got %v, want not found", err)
	}
}
