package store

import (
	"context"
	"time"

	"github.com/seatflow/seatflow/services/kit/engine"
)

// Pending counts the requests that wait for an admin, and the age of the oldest.
func Pending(ctx context.Context, q engine.Querier) (count int64, oldest time.Duration, err error) {
	var seconds float64
	err = q.QueryRow(ctx, `
		select count(*), coalesce(extract(epoch from clock_timestamp() - min(requested_at)), 0)::float8
		from requests where due_at is not null`).Scan(&count, &seconds)
	return count, time.Duration(seconds * float64(time.Second)), err
}
