package main

import (
	"time"

	"enrolld"
	"enrolld/integrations"
	"enrolld/store"
)

// purchase is a stored ThriveCart sale, as the webhook handler would store it.
func purchase(i store.Integration, platforms integrations.Registry) store.Delivery {
	s := sale("thrivecart")
	platform := platforms["thrivecart"]
	config := integrations.Config{Secrets: i.Secrets, Settings: i.Settings}
	req := integrations.NewRequest(s.Header, s.Body, time.Now().UTC().Truncate(time.Microsecond))
	id := platform.Identify(config, req)
	kept := platform.Redact(config, req)
	return store.Delivery{
		AccountID: i.AccountID, IntegrationID: i.ID, Key: id.Key, Event: id.Event, State: enrolld.DeliveryQueued,
		ReceivedAt: req.ReceivedAt, Header: kept.Header, Body: kept.Body,
	}
}
