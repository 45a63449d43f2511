package provision

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"enrolld"
	"enrolld/store"
	"enrolld/store/lms"
)

// announce writes the messages that follow from what changed: one to a member
// for the courses that opened, one for those that a refund closed, one for those
// whose time is over; and those that time brings, see foresee.
func (s *settlement) announce(ctx context.Context) error {
	courses, err := s.describe(ctx)
	if err != nil {
		return err
	}
	if err := s.unwelcomed(ctx); err != nil {
		return err
	}
	for _, m := range s.members {
		if m.customer.WPUserID == 0 {
			continue
		}
		s.announceOpened(m, courses)
		s.announceRefunded(m, courses)
		s.announceExpired(m, courses)
		s.announceForeseen(m, courses)
	}
	return nil
}

// describe reads titles and addresses of the courses that messages will name.
func (s *settlement) describe(ctx context.Context) (map[enrolld.CourseRef]lms.Course, error) {
	ids := map[string][]int64{}
	note := func(c enrolld.CourseRef) {
		if !slices.Contains(ids[c.LMS], c.ID) {
			ids[c.LMS] = append(ids[c.LMS], c.ID)
		}
	}
	for _, m := range s.members {
		for _, a := range slices.Concat(m.opened, m.closed, m.expiring) {
			note(a.Course)
		}
		for _, f := range m.failing {
			for _, g := range f.grants {
				note(g.Course)
			}
		}
	}
	out := map[enrolld.CourseRef]lms.Course{}
	for name, list := range ids {
		w, err := lms.ByName(name)
		if err != nil {
			return nil, notTheirs(err)
		}
		found, err := w.Describe(ctx, s.tx, lms.Place{AccountID: s.at.Account.ID, Site: s.at.Site}, list)
		if err != nil {
			return nil, err
		}
		for id, c := range found {
			out[enrolld.CourseRef{LMS: name, ID: id}] = c
		}
	}
	return out, nil
}

// announceOpened tells of courses that opened. A ground of access is announced
// once, if only by the course being open already: a dispute that was won, or a
// payment that came late, brings the course back without a second message. Only
// who gets another WordPress user is told anew, being unable to log in.
func (s *settlement) announceOpened(m *member, courses map[enrolld.CourseRef]lms.Course) {
	now := s.tx.Now()
	var fresh []store.Grant
	for i := range m.after {
		g := &m.after[i]
		if g.State != enrolld.GrantLive {
			continue
		}
		told := g.AnnouncedAt != nil
		if !told {
			g.AnnouncedAt = &now
			if !slices.Contains(m.changed, i) {
				m.changed = append(m.changed, i)
			}
		}
		if opens(m.opened, g.Course) && (!told || (m.lost != 0 || m.newUser) && m.user.Created) {
			fresh = append(fresh, *g)
		}
	}
	if len(fresh) == 0 {
		return
	}
	kind, cause := enrolld.MessageAccess, causeKey("access", m.customer.ID, fresh)
	if m.user.Created || m.unwelcomed {
		kind, cause = enrolld.MessageWelcome, WelcomeCause(m.customer.ID, m.user.ID)
	}
	if told := s.message(m, kind, cause, fresh, courses); told != nil {
		told.Data.Template = templateOf(fresh)
		if m.unwelcomed {
			told.To, told.Data.LinkUser = m.user.Email, m.user.ID // the link goes where WordPress would send it, as in SendLinks
		}
	}
}

// templateOf is the variant of the text that somebody chose when they gave the
// courses.
func templateOf(grants []store.Grant) string {
	for _, g := range grants {
		if g.Template != "" {
			return g.Template
		}
	}
	return ""
}

// announceRefunded tells of courses that a refund closed, if the member had been
// told of them.
func (s *settlement) announceRefunded(m *member, courses map[enrolld.CourseRef]lms.Course) {
	var gone []store.Grant
	for _, i := range m.changed {
		g := m.after[i]
		refunded := g.State == enrolld.GrantEnded && g.Reason == enrolld.ReasonRefunded
		if refunded && g.AnnouncedAt != nil && opens(m.closed, g.Course) {
			gone = append(gone, g)
		}
	}
	if len(gone) > 0 {
		s.message(m, enrolld.MessageRefunded, causeKey("refunded", m.customer.ID, gone), gone, courses)
	}
}

func opens(list []enrolld.Access, c enrolld.CourseRef) bool {
	return slices.ContainsFunc(list, func(a enrolld.Access) bool { return a.Course == c })
}

// WelcomeCause is the cause of a customer's welcome message: that this WordPress
// user was made.
func WelcomeCause(customer, user int64) string { return fmt.Sprintf("welcome:%d:%d", customer, user) }

// causeKey names a message by the grounds that it is about.
func causeKey(what string, customer int64, grants []store.Grant) string {
	var causes []string
	for _, g := range grants {
		cause := fmt.Sprintf("%s %s %d %s", g.Course, g.Cause.Kind, g.Cause.ID, g.Cause.Line)
		if g.Cause.Kind != enrolld.CauseOrder {
			cause += g.From.UTC().Format(time.RFC3339Nano) // it may be given, taken away and given again
		}
		causes = append(causes, cause)
	}
	slices.Sort(causes)
	sum := sha256.Sum256([]byte(strings.Join(causes, "\n")))
	return fmt.Sprintf("%s:%d:%s", what, customer, hex.EncodeToString(sum[:16]))
}

// message queues a message and returns it; nil when the account does not send
// messages of this kind.
func (s *settlement) message(
	m *member, kind enrolld.MessageKind, cause string, grants []store.Grant, courses map[enrolld.CourseRef]lms.Course,
) *enrolld.Message {
	if !s.at.Mail.Sends(kind) {
		return nil
	}
	data := enrolld.MessageData{
		SiteName: s.at.Info.Name, SiteURL: s.at.Info.HomeURL, LoginURL: s.at.loginURL(),
		Login: m.user.Login, FirstName: m.customer.First,
	}
	if len(grants) > 0 {
		data.Order = m.orderNumber(grants[0].Cause)
	}
	var listed []enrolld.CourseRef
	for _, g := range grants {
		if slices.Contains(listed, g.Course) {
			continue
		}
		listed = append(listed, g.Course)
		c := courses[g.Course]
		course := enrolld.MessageCourse{Title: c.Title, URL: c.URL}
		if course.Title == "" {
			course.Title, course.URL = "Course "+g.Course.String(), data.SiteURL
		}
		if g.State == enrolld.GrantLive {
			course.Until = g.Until
		}
		data.Courses = append(data.Courses, course)
	}
	s.messages = append(s.messages, enrolld.Message{
		AccountID: s.at.Account.ID, CustomerID: m.customer.ID, Kind: kind, Cause: cause,
		To: m.customer.Email, ToName: m.customer.FullName(), Data: data, Rank: m.rank,
	})
	return &s.messages[len(s.messages)-1]
}

// orderNumber is the number of the order that a ground of access comes from.
func (m *member) orderNumber(c enrolld.Cause) string {
	for _, o := range m.orders {
		if c.Kind == enrolld.CauseOrder && o.ID == c.ID {
			return o.Record.Number.Value
		}
	}
	return ""
}
