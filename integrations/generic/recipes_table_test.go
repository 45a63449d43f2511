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
		noAPI     = "The shop's plugin only sends; products are discovered from what it sends, and refunds are made in the shop."
		onlySales = "Podia tells other tools of new sales and of who joined or left, and of nothing else."
	)
	platformtest.Recipe(t, "Easy Digital Downloads", through, map[string]func(*testing.T){
		platformtest.Trial:         TestEDDTrial,
		platformtest.Purchase:      TestEDDSale,
		platformtest.Rebill:        TestEDDSubscription,
		platformtest.Failed:        TestEDDSubscription,
		platformtest.Recovered:     TestEDDRecovered,
		platformtest.PartialRefund: TestEDDRefunds,
		platformtest.FullRefund:    TestEDDSubscriptionGivenBack,
		platformtest.Cancelled:     TestEDDSubscription,
		platformtest.Expired:       TestEDDSubscription,
	}, map[string]string{
		platformtest.DisputeOpened: gateway, platformtest.DisputeWon: gateway, platformtest.DisputeLost: gateway,
		platformtest.Confirmation: "Deliveries are signed by the plugin and complete: nothing has to be asked.",
		platformtest.Catalogue:    noAPI, platformtest.RefundAPI: noAPI,
	})
	lacks := map[string]string{
		platformtest.Confirmation: "Podia has no API that could be asked.", platformtest.Catalogue: "Podia has no API that could be asked.",
		platformtest.RefundAPI: "Podia has no API that could be asked.",
	}
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
