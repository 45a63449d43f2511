package enrolld

import (
	"slices"
	"time"
)

// Topic is a kind of mail that a member can have or not have. What concerns
// their own security is no topic: it is always sent.
type Topic string

// The topics.
const (
	TopicAccepted Topic = "team.accepted" // an invitation was accepted
	TopicExpired  Topic = "team.expired"  // an invitation expired
	TopicTeam     Topic = "team.changed"  // somebody was deactivated, removed or given other rights
	TopicImport   Topic = "import.finished"
	TopicFailures Topic = "deliveries.failed"
)

// TopicInfo describes a topic for the form. As with permissions, one that is not
// Ready is not offered.
type TopicInfo struct {
	Key   Topic
	Title string
	Hint  string
	Needs Permission // only who holds it is asked and mailed; empty: everybody
	Ready bool
	// EveryProduct: only who may use every product, since what is told cannot be
	// narrowed to some.
	EveryProduct bool
}

var topics = []TopicInfo{
	{TopicAccepted, "An invitation was accepted", "When somebody joins the account.", PermUsers, true, false},
	{TopicExpired, "An invitation expired", "When nobody accepted it within seven days.", PermUsers, true, false},
	{TopicTeam, "Changes to users", "When somebody else deactivates, removes or changes a user.", PermUsers, true, false},
	{TopicImport, "Imports", "When an import that you started has finished, or needs a hand.", PermCustomersBrowse, true, false},
	// Who sees the numbers of deliveries in the overview hears of them. The other
	// failures are told to those of them who hold the permission of their page too.
	{
		TopicFailures, "Failures, once a day",
		"Deliveries that could not be processed, emails that were given up, imports and bulk actions that stopped, checkout tools that send nothing any more. No mail when nothing failed.",
		PermProductsView, true, true,
	},
}

// Topics is the catalogue, in the order of forms.
func Topics() []TopicInfo { return slices.Clone(topics) }

// Info finds a topic in the catalogue.
func (t Topic) Info() (TopicInfo, bool) {
	i := slices.IndexFunc(topics, func(x TopicInfo) bool { return x.Key == t })
	if i < 0 {
		return TopicInfo{}, false
	}
	return topics[i], true
}

// For says whether somebody may choose a topic, and is told of it, now.
func (x TopicInfo) For(t Terms, now time.Time) bool {
	return x.Ready && (x.Needs == "" || t.May(x.Needs, now)) && (!x.EveryProduct || t.Scope.AllProducts)
}

// TopicsFor lists what a member may choose of now: what exists, and what they
// may know of.
func TopicsFor(t Terms, now time.Time) []TopicInfo {
	return slices.DeleteFunc(Topics(), func(x TopicInfo) bool { return !x.For(t, now) })
}
