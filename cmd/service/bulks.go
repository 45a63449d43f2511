package service

import (
	"time"

	"enrolld/store/bulk"
)

const pollBulks = time.Second

// bulkLoops do things with many customers, and remove what nobody needs.
func (s *Service) bulkLoops(queued func()) []loop {
	worker := bulk.NewWorker(s.cfg.DB, bulk.Options{Log: s.cfg.Log, Queued: queued})
	return []loop{
		{name: "bulk actions", step: worker.Step, idle: pollBulks, end: worker.Release},
		{name: "old bulk actions", step: bulk.On(s.cfg.DB).Sweep, idle: sweepEvery},
	}
}
