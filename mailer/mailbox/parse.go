package mailbox

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
)

// Message is an email as the mailbox got it. What cannot be parsed is empty; Raw is
// always there.
type Message struct {
	ID         int64     `json:"id"`         // counts from 1
	From       string    `json:"from"`       // envelope sender, bare address
	To         []string  `json:"to"`         // envelope recipients, bare addresses
	FromHeader string    `json:"fromHeader"` // decoded, e.g. "Acme Academy <hello@acme.example>"
	ToHeader   string    `json:"toHeader"`   // decoded
	Subject    string    `json:"subject"`    // decoded
	MessageID  string    `json:"messageId"`  // without angle brackets
	Headers    []Header  `json:"headers,omitempty"`
	HTML       string    `json:"html,omitempty"`
	Text       string    `json:"text,omitempty"`
	Raw        string    `json:"raw,omitempty"`
	ReceivedAt time.Time `json:"receivedAt"`
}

// Header is one header field in the order of the message, decoded.
type Header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Get returns the value of the first header with the name, ignoring case.
func (m Message) Get(name string) string {
	for _, h := range m.Headers {
		if strings.EqualFold(h.Name, name) {
			return h.Value
		}
	}
	return ""
}

// summary is m without what only its own page shows.
func (m Message) summary() Message {
	m.Headers, m.HTML, m.Text, m.Raw = nil, "", "", ""
	return m
}

// parse reads raw as far as it goes.
func parse(raw []byte, from string, to []string, at time.Time) Message {
	m := Message{From: from, To: slices.Clone(to), Raw: string(raw), ReceivedAt: at}
	r, err := mail.CreateReader(bytes.NewReader(raw))
	if r == nil {
		return m
	}
	defer func() { _ = r.Close() }()
	if err == nil || r.Header.Len() > 0 {
		m.readHeader(&r.Header)
	}
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) || part == nil {
			return m
		}
		m.readPart(part)
	}
}

func (m *Message) readHeader(h *mail.Header) {
	m.Subject, _ = h.Subject()
	m.MessageID, _ = h.MessageID()
	m.FromHeader = addresses(h, "From")
	m.ToHeader = addresses(h, "To")
	for f := h.Fields(); f.Next(); {
		value, err := f.Text()
		if err != nil {
			value = f.Value()
		}
		m.Headers = append(m.Headers, Header{Name: f.Key(), Value: value})
	}
}

func (m *Message) readPart(part *mail.Part) {
	inline, ok := part.Header.(*mail.InlineHeader)
	if !ok {
		return
	}
	body, err := io.ReadAll(part.Body)
	if err != nil {
		return
	}
	switch kind, _, _ := inline.ContentType(); {
	case kind == "text/html" && m.HTML == "":
		m.HTML = string(body)
	case kind == "text/plain" && m.Text == "":
		m.Text = strings.ReplaceAll(string(body), "\r\n", "\n")
	}
}

// addresses formats a list of addresses for reading.
func addresses(h *mail.Header, key string) string {
	list, err := h.AddressList(key)
	if err != nil {
		return h.Get(key)
	}
	var out []string
	for _, a := range list {
		if a.Name == "" {
			out = append(out, a.Address)
			continue
		}
		out = append(out, a.Name+" <"+a.Address+">")
	}
	return strings.Join(out, ", ")
}
