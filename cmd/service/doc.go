// Package service wires the parts into a running Enrolld: what 'enrolld serve',
// the demo, the benchmarks and the end-to-end tests start. It decides nothing;
// it opens, connects, starts and stops in the right order.
package service
