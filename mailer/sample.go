package mailer

import (
	"cmp"
	"time"

	"enrolld"
)

// SamplePerson is somebody to try a text with.
type SamplePerson struct{ Key, Title string }

// SamplePeople are those whom Sample knows, the usual one first.
var SamplePeople = []SamplePerson{
	{"usual", "Maya Okafor"}, {"long", "Somebody with long names"}, {"right", "Somebody who writes from right to left"},
	{"bare", "Somebody of whom little is known"},
}

// Sample is a message of a kind to somebody whom there is not, as an account would
// send it at a time.
func Sample(account enrolld.Account, kind enrolld.MessageKind, person string, now time.Time) *enrolld.Message {
	site := cmp.Or(account.SiteURL, "https://example.com")
	soon, later := now.AddDate(0, 0, 7), now.AddDate(0, 3, 0)
	m := &enrolld.Message{
		AccountID: account.ID, Kind: kind, To: "maya@example.com", ToName: "Maya Okafor",
		FromName: cmp.Or(account.FromName, account.Name), FromAddress: cmp.Or(account.FromAddress, "hello@example.com"),
		Data: enrolld.MessageData{
			SiteName: cmp.Or(account.FromName, account.Name), SiteURL: site, LoginURL: site + "/wp-login.php",
			Login: "maya.okafor", FirstName: "Maya", Order: "1514394",
			Courses: []enrolld.MessageCourse{
				{Title: "Ink & Wash", URL: site + "/courses/ink-wash/"},
				{Title: "Letterforms from the Ground Up", URL: site + "/courses/letterforms/", Until: &later},
			},
		},
	}
	if !kind.Transactional() {
		m.UnsubscribeURL = site + "/unsubscribe/sample"
	}
	d := &m.Data
	switch kind {
	case enrolld.MessageWelcome:
		d.SetPasswordURL = site + "/wp-login.php?action=rp&key=sample&login=maya.okafor"
		d.LinkValidUntil = now.AddDate(0, 0, account.LinkDays)
	case enrolld.MessageExpiring, enrolld.MessagePaymentFailed:
		d.Courses, d.Until = d.Courses[:1], &soon
		d.Courses[0].Until = &soon
	case enrolld.MessageExpired, enrolld.MessageRefunded:
		d.Courses, d.Until = d.Courses[:1], &now
	case enrolld.MessageEmailChanged:
		d.Courses, d.NewAddress = nil, enrolld.MaskAddress("maya@example.org")
	}
	switch person {
	case "long":
		m.ToName = "Maximiliane-Wilhelmine von Hohenlohe-Waldenburg-Schillingsfürst"
		d.FirstName, d.Login = "Maximiliane-Wilhelmine Friederike", "maximiliane-wilhelmine.von-hohenlohe"
		d.Order = "EU-2026-000000-1514394-RENEWAL"
		retitle(d.Courses, "From First Marks to Finished Portraits: the Whole Year of Drawing, with Anatomy, Light and Composition")
	case "right":
		m.ToName, d.FirstName, d.Login = "نورا الحسيني", "نورا", "nora"
		retitle(d.Courses, "الخط العربي للمبتدئين")
	case "bare":
		m.ToName, d.FirstName, d.Order, d.Login = "", "", "", ""
	}
	return m
}

// retitle renames the first course, where there is one.
func retitle(courses []enrolld.MessageCourse, title string) {
	if len(courses) > 0 {
		courses[0].Title = title
	}
}
