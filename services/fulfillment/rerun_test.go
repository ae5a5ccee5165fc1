package fulfillment_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/testkit"
)

// A batch that the database sends back is decided again; the lines that it ends are counted once.
func TestCountedOnce(t *testing.T) {
	t.Parallel()
	s := play(t)
	db, err := pgx.Connect(t.Context(), s.database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(context.Background()) })
	// A sequence keeps its value through a rollback, so only the first attempt fails.
	if _, err := db.Exec(t.Context(), `
		create sequence attempts;
		grant usage on sequence attempts to public;
		create function send_back() returns trigger language plpgsql as $$ begin
			if new.status = 'completed' and nextval('attempts') = 1 then
				raise exception 'again' using errcode = '40001';
			end if;
			return new;
		end $$;
		create trigger send_back before insert or update on orders for each row execute function send_back()`); err != nil {
		t.Fatal(err)
	}
	s.grant("0190d2c4-0000-7000-8000-00000000000f", purchase())
	s.want("finished", orderv1.Status_STATUS_COMPLETED)
	var attempts int64
	if err := db.QueryRow(t.Context(), `select last_value from attempts`).Scan(&attempts); err != nil || attempts < 2 {
		t.Fatalf("the batch was decided %d times: %v", attempts, err)
	}
	// The event may be out a moment before the count.
	look := time.NewTicker(10 * time.Millisecond)
	defer look.Stop()
	testkit.Until(t, "the count", look.C, func() bool { return s.counted() > 0 })
	if n := s.counted(); n != 1 {
		t.Errorf("one line was counted %v times", n)
	}
}

// counted is how many lines the service has counted.
func (s *stage) counted() (n float64) {
	s.t.Helper()
	families, err := s.metrics.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "seatflow_fulfillment_lines_total" {
			for _, m := range f.GetMetric() {
				n += m.GetCounter().GetValue()
			}
		}
	}
	return n
}
