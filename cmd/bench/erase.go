package main

import "context"

func (b *bench) erase(ctx context.Context) error { return nil }
