package service

import (
	"context"
	"time"

	"enrolld/store/importing"
)

const pollImports = time.Second

// importLoops take lists of customers in, and remove those that nobody needs.
func (s *Service) importLoops(queued func()) []loop {
	worker := importing.NewWorker(s.cfg.DB, importing.Options{Log: s.cfg.Log, Queued: queued})
	return []loop{
		{name: "imports", step: worker.Step, idle: pollImports, end: worker.Release},
		{name: "old imports", step: importing.On(s.cfg.DB).Sweep, idle: sweepEvery},
	}
}

// endTime bounds what a loop does after its last step.
const endTime = 5 * time.Second

// finish gives back what a loop's steps hold between them.
func (l loop) finish(ctx context.Context) {
	if l.end == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	if err := l.end(ctx); err != nil {
		l.log.WarnContext(ctx, "worker did not give back what it held", "worker", l.name, "error", err)
	}
}
