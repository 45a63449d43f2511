package samcart_test

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"

	"enrolld/integrations/platformtest"
)

// TestOddAnswers changes the API's answers at random: nothing may panic, and what
// comes of them must be usable.
func TestOddAnswers(t *testing.T) {
	s := suite(t)
	random := rand.New(rand.NewPCG(5, 6)) // repeatable on purpose
	const alphabet = `0123456789-.eE"[]{}:,nulltruefalse `
	p := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		s.API.ServeHTTP(answer, r)
		body := bytes.Clone(answer.Body.Bytes())
		for range random.IntN(4) {
			if len(body) > 0 {
				body[random.IntN(len(body))] = alphabet[random.IntN(len(alphabet))]
			}
		}
		if random.IntN(10) == 0 {
			body = bytes.ReplaceAll(body, []byte(`"USD"`), []byte(`null`))
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(body)
	}))
	understood := 0
	for range 20 {
		for _, sample := range s.Samples {
			r := sign(s.Config.Secrets[0], sample, platformtest.Received)
			parsed, err := p.Parse(s.Config, r)
			if err != nil || !parsed.Incomplete {
				continue
			}
			if parsed, err = p.Complete(t.Context(), s.Config, r, parsed); err != nil {
				continue
			}
			understood++
			for _, e := range parsed.Events {
				if err := e.Check(); err != nil {
					t.Errorf("%s: %v", sample.Name, err)
				}
				e.Order()
			}
		}
	}
	if understood == 0 {
		t.Error("nothing was understood, so that this test proves nothing")
	}
}
