package customers

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"enrolld"
	"enrolld/handlers/gate"
	"enrolld/store"
)

// readme is the first file of a copy.
const readme = `Everything that Enrolld holds of one customer of one academy.

profile.json      name, address, when they became a customer, whether they are blocked or removed
access.json       courses, why they were given, from when until when
orders.json       what the checkout tools said of their orders and payments
emails.json       what was sent to them, and the mail servers' answers
history.json      what happened, and who did it
deliveries/       what the checkout tools sent, as it came; what proves who sent it was left out

What the site's WordPress holds is exported there: Tools, Export Personal Data.
`

// exportCustomer hands out everything that is held of a customer, as a file. It
// leaves piece by piece; what breaks off is no whole file, and is not noted.
func (s *Screens) exportCustomer(r *gate.Request) error {
	if err := mayErase(r); err != nil {
		return err
	}
	c, err := s.customer(r)
	if err != nil {
		return err
	}
	if c.ErasedAt != nil {
		return enrolld.Errorf(enrolld.Conflict, "this customer was erased: there is nothing to hand out")
	}
	patient(r)
	h := r.Writer.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", fmt.Sprintf("customer-%d.zip", c.ID)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if err := s.writeCopy(r, c); err != nil {
		s.frame.Log.WarnContext(r.Context(), "a copy broke off", "request", s.frame.RequestID(r.Context()), "customer", c.ID, "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// patience is how long a copy or an erasure may take: they read everything in
// which somebody may be named.
const patience = 10 * time.Minute

// patient gives the answer more time than pages have. A writer that knows no
// deadline has none.
func patient(r *gate.Request) {
	_ = http.NewResponseController(r.Writer).SetWriteDeadline(r.Now().Add(patience))
}

func (s *Screens) writeCopy(r *gate.Request, c enrolld.Customer) error {
	out := zip.NewWriter(r.Writer)
	w, err := out.Create("README.txt")
	if err != nil {
		return fmt.Errorf("begin a copy: %w", err)
	}
	if _, err := io.WriteString(w, readme); err != nil {
		return fmt.Errorf("write a copy: %w", err)
	}
	err = s.frame.DB.ExportCustomer(r.Context(), c, store.CustomerCopy{
		JSON: func(name string, v any) error {
			w, err := out.Create(name)
			if err != nil {
				return err
			}
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			return e.Encode(v)
		},
		Bytes: func(name string, b []byte) error {
			w, err := out.Create(name)
			if err != nil {
				return err
			}
			_, err = w.Write(b)
			return err
		},
	})
	if err != nil {
		return err
	}
	// Noted before the last bytes leave: who has the whole file has it noted.
	if err := s.frame.DB.MarkExported(r.Context(), r.Actor(), c); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("end a copy: %w", err)
	}
	return nil
}
