package cli

import (
	"context"
	"fmt"
	"io"
	"net/mail"
	"path/filepath"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/portal/issuer"
)

// Token is `seatflow token`.
type Token struct {
	Data     string        `name:"data" env:"SEATFLOW_DATA" default:"seatflow-data" help:"Data folder of the Seatflow on this machine."`
	Role     string        `name:"role" default:"admin" enum:"admin,technician,customer_admin,customer,system" help:"What the person may do: ${enum}."`
	Name     string        `name:"name" placeholder:"NAME" help:"The person's name."`
	Email    string        `name:"email" required:"" placeholder:"ADDRESS" help:"The person's e-mail address, which is also who they are."`
	Customer string        `name:"customer" placeholder:"TENANT" help:"The one customer (tenant id) that a customer's person belongs to."`
	TTL      time.Duration `name:"ttl" default:"8h" help:"How long the token is good, at most 720h."`
}

// Run prints the token and nothing else.
func (t *Token) Run(_ context.Context, out io.Writer) error {
	if _, err := mail.ParseAddress(t.Email); err != nil {
		return plain(fault.New(fault.Invalid, "bad_email", "--email is not an e-mail address."))
	}
	dir, err := filepath.Abs(issuerDir(t.Data))
	if err != nil {
		return err
	}
	token, err := Mint(dir, issuer.Claims{Name: t.Name, Email: t.Email, Role: t.Role, Tenant: t.Customer}, t.TTL)
	if err != nil {
		return plain(err)
	}
	_, err = fmt.Fprintln(out, token)
	return err
}
