package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/postgres"
)

func sqlstate(code string) error {
	return fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code, ConstraintName: "orders_key"})
}

func TestErrors(t *testing.T) {
	t.Parallel()
	type verdict struct {
		retry, unique, bad, connection bool
		kind                           fault.Kind
	}
	gone := verdict{connection: true, kind: fault.Unavailable}
	again := verdict{retry: true, kind: fault.Unavailable}
	bad := verdict{bad: true, kind: fault.Invalid}
	none := verdict{kind: fault.Internal}
	for name, c := range map[string]struct {
		err  error
		want verdict
	}{
		"serialization":    {sqlstate("40001"), again},
		"deadlock":         {sqlstate("40P01"), again},
		"unique":           {sqlstate("23505"), verdict{unique: true, bad: true, kind: fault.Conflict}},
		"check":            {sqlstate("23514"), bad},
		"bad text":         {sqlstate("22021"), bad},
		"too large":        {sqlstate("54000"), bad},
		"lost":             {sqlstate("08006"), gone},
		"shutdown":         {sqlstate("57P01"), gone},
		"too many clients": {sqlstate("53300"), gone},
		"disk":             {sqlstate("58030"), gone},
		"lock timeout":     {sqlstate("55P03"), gone},
		"idle in tx":       {sqlstate("25P03"), gone},
		"syntax":           {sqlstate("42601"), none},
		"password":         {sqlstate("28P01"), none},
		"no state":         {sqlstate(""), none},
		"deadline":         {fmt.Errorf("x: %w", context.DeadlineExceeded), gone},
		"cancelled":        {fmt.Errorf("x: %w", context.Canceled), none},
		"eof":              {io.ErrUnexpectedEOF, gone},
		"closed":           {net.ErrClosed, gone},
		"network":          {&net.OpError{Op: "read", Err: errors.New("reset")}, gone},
		"foreign":          {errors.New("foreign"), none},
		"no rows":          {pgx.ErrNoRows, verdict{kind: fault.NotFound}},
		"fault":            {fault.New(fault.Forbidden, "x", "X."), verdict{kind: fault.Forbidden}},
		"wrapped by fault": {postgres.Wrap("op", sqlstate("40001")), again},
	} {
		got := verdict{
			postgres.Retryable(c.err), postgres.IsUnique(c.err, ""), postgres.IsBadInput(c.err), postgres.IsConnection(c.err),
			postgres.Kind(c.err),
		}
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
	if !postgres.IsUnique(sqlstate("23505"), "orders_key") || postgres.IsUnique(sqlstate("23505"), "other") {
		t.Error("constraints are mixed up")
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	if err := postgres.Wrap("op", nil); err != nil {
		t.Errorf("nil became %v", err)
	}
	own := fault.New(fault.Forbidden, "x", "X.")
	if err := fault.As(postgres.Wrap("op", own)); err != own {
		t.Errorf("a fault became %v", err)
	}
	e := fault.As(postgres.Wrap("intake.load", sqlstate("42601")))
	if e.Op != "intake.load" || e.Message != "Something went wrong on our side." || e.Unwrap() == nil {
		t.Errorf("got %#v", e)
	}
}
