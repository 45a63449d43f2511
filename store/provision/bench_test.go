package provision_test

import (
	"fmt"
	"testing"

	"enrolld"
	"enrolld/store/provision"
	pt "enrolld/store/provision/provisiontest"
)

// BenchmarkPurchases measures purchases by new people, from the stored delivery
// to everything that follows, in batches of 200.
func BenchmarkPurchases(b *testing.B) {
	w := pt.New(b)
	w.Map("paint", enrolld.Rule{}, 12)
	for i := range b.N {
		w.Put(fmt.Sprint(i), pt.Buy(fmt.Sprint(i), fmt.Sprintf("buyer%d@example.org", i), "paint"))
	}
	w.Processor = w.NewProcessor(w.DB, provision.Options{Batch: provision.DefaultBatch})
	b.ResetTimer()
	w.Drain(w.Processor)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "purchases/s")
	w.Want(`SELECT COUNT(*) FROM enrolld_access`, fmt.Sprint(b.N))
}
