package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	intakev1 "github.com/seatflow/seatflow/proto/gen/seatflow/intake/v1"
	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/intake/internal/domain"
	"github.com/seatflow/seatflow/services/intake/internal/store"
	"github.com/seatflow/seatflow/services/kit/engine"
)

func TestZZ(t *testing.T) {
	q := database(t)
	ctx := t.Context()
	conn, _ := q.Acquire(ctx)
	defer conn.Release()
	tm := map[string]time.Duration{}
	timed := func(n string, f func()) { t0 := time.Now(); f(); tm[n] += time.Since(t0) }
	const rounds = 60
	for r := range rounds {
		var rows []engine.Row[domain.Book]
		var tl []engine.Row[*intakev1.TimelineEntry]
		var ids, tids []string
		for i := range 256 {
			o := &orderv1.Order{Id: uuid.Must(uuid.NewV7()).String(), Number: domain.Number(2026, int64(r*256+i)), Customer: &orderv1.Customer{TenantId: contoso, Name: "Contoso Corp"}, Reference: "x",
				Lines: []*orderv1.Line{{Number: 1, Product: "Visio"}}, Requester: &orderv1.Person{Name: "erp"}, Note: "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"}
			b := domain.Open(o, time.Now())
			rows = append(rows, engine.Row[domain.Book]{ID: o.Id, Version: 1, Sequence: 1, State: b})
			id := store.EntryID(o.Id, "intake", "1")
			tl = append(tl, engine.Row[*intakev1.TimelineEntry]{ID: id, Version: 1, State: &intakev1.TimelineEntry{Sentence: b.View.Sentence, Type: "seatflow.order.submitted.v1", Owner: "intake"}})
			ids, tids = append(ids, o.Id), append(tids, id)
		}
		timed("select order", func() { rs, _ := conn.Query(ctx, store.Orders.Select, ids); rs.Close() })
		timed("select timeline", func() { rs, _ := conn.Query(ctx, store.Timeline.Select, tids); rs.Close() })
		timed("numbers", func() {
			b := new(pgx.Batch)
			store.QueueNumbers(b, 256, func(int, int64) {})
			conn.SendBatch(ctx, b).Close()
		})
		timed("begin", func() { conn.Exec(ctx, "begin") })
		timed("orders", func() { conn.Exec(ctx, store.Orders.Upsert, store.Orders.Args(rows)...) })
		timed("timeline", func() { conn.Exec(ctx, store.Timeline.Upsert, store.Timeline.Args(tl)...) })
		timed("commit", func() { conn.Exec(ctx, "commit") })
		var next []engine.Row[domain.Book]
		for _, x := range rows {
			next = append(next, after(x, orderv1.Status_STATUS_PROCESSING, time.Now()))
		}
		timed("begin", func() { conn.Exec(ctx, "begin") })
		timed("update", func() { conn.Exec(ctx, store.Orders.Upsert, store.Orders.Args(next)...) })
		timed("commit", func() { conn.Exec(ctx, "commit") })
		var last []engine.Row[domain.Book]
		for _, x := range next {
			last = append(last, after(x, orderv1.Status_STATUS_COMPLETED, time.Now()))
		}
		timed("begin", func() { conn.Exec(ctx, "begin") })
		timed("finish", func() { conn.Exec(ctx, store.Orders.Upsert, store.Orders.Args(last)...) })
		timed("commit", func() { conn.Exec(ctx, "commit") })
	}
	for k, v := range tm {
		fmt.Println(k, v/rounds)
	}
	rs, _ := conn.Query(ctx, "select relname, n_tup_upd, n_tup_hot_upd from pg_stat_user_tables")
	for rs.Next() {
		fmt.Println(rs.Values())
	}
}
