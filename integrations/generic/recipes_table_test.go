package generic_test

import (
	"testing"

	"enrolld/integrations/platformtest"
)

// TestRecipes lists what the recipes of platforms without webhooks of their own
// have shown.
func TestRecipes(t *testing.T) {
	const (
		through   = "It comes through the generic source (Webhook), which does this for it."
		gateway   = "The shop does not know of chargebacks: look for them at the payment gateway."
		onlySales = "Podia tells other tools of new sales and of who joined or left, and of nothing else."
	)
	platformtest.Recipe(t, "Easy Digital Downloads", through, map[string]func(*testing.T){
		platformtest.Trial:         TestEDDTrial,
		platformtest.Purchase:      TestEDDSale,
		platformtest.Rebill:        TestEDDSubscription,
		platformtest.Failed:        TestEDDSubscription,
		platformtest.PartialRefund: TestEDDRefunds,
		platformtest.FullRefund:    TestEDDSubscriptionGivenBack,
		platformtest.Cancelled:     TestEDDSubscription,
		platformtest.Expired:       TestEDDSubscription,
	}, map[string]string{
		platformtest.Recovered:     "A payment made good comes as any renewal does.",
		platformtest.DisputeOpened: gateway, platformtest.DisputeWon: gateway, platformtest.DisputeLost: gateway,
	})
	lacks := map[string]string{}
	for _, fact := range []string{
		platformtest.Trial, platformtest.Rebill, platformtest.Failed, platformtest.Recovered, platformtest.PartialRefund,
		platformtest.FullRefund, platformtest.DisputeOpened, platformtest.DisputeWon, platformtest.DisputeLost, platformtest.Cancelled,
	} {
		lacks[fact] = onlySales
	}
	platformtest.Recipe(t, "Podia", through, map[string]func(*testing.T){
		platformtest.Purchase: TestPodia,
		platformtest.Expired:  TestPodia, // who leaves
	}, lacks)
}
