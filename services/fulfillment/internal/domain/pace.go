package domain

import "time"

// Pace is how many times faster than real ones the vendor's clock goes; 0 means 1.
//
// This package and the client speak of the vendor's time. Partner Center's is everybody's; a double's can go many times as fast, so
// that what takes days there is tried out in minutes. Every wait is divided where it becomes a moment of this machine, and
// nowhere else: a due time of a call, the time until a call is given back, the engine's own margins.
type Pace int

// Real is how long a wait of the vendor's time is on this machine's clock.
func (p Pace) Real(wait time.Duration) time.Duration {
	if p <= 1 || wait <= 0 {
		return wait
	}
	return wait / time.Duration(p)
}

// Vendors is how long a wait by this machine's clock is in the vendor's time: what its answers name, such as Retry-After.
func (p Pace) Vendors(wait time.Duration) time.Duration { return wait * time.Duration(max(p, 1)) }

// Margin is a wait that processes need too, so it is not shortened below the least.
func (p Pace) Margin(wait, least time.Duration) time.Duration {
	return max(p.Real(wait), min(wait, least))
}
