package api

import (
	"strconv"
	"strings"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

// At names the least that a read must have seen. The parameter wins over the header.
type At struct {
	Position string `header:"Seatflow-Position" pattern:"^[a-z]{1,32}:[0-9]{1,18}$" patternDescription:"a position such as approval:3" doc:"As a command answered it: the read waits up to a second until it has seen that command's effect." example:"approval:3"`
	AtLeast  string `query:"at_least" pattern:"^[a-z]{1,32}:[0-9]{1,18}$" patternDescription:"a position such as approval:3" doc:"The same as the header Seatflow-Position."`
}

// least is the position asked for, nil when there is none.
func (a At) least() (*orderv1.Position, error) {
	s := a.AtLeast
	if s == "" {
		s = a.Position
	}
	if s == "" {
		return nil, nil
	}
	owner, digits, _ := strings.Cut(s, ":")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return nil, fault.New(fault.Invalid, "bad_format", "Give a position such as approval:3.").At("Seatflow-Position")
	}
	return &orderv1.Position{Owner: owner, Sequence: n}, nil
}

// positionText is a position as the header carries it; empty when there is none.
func positionText(p *orderv1.Position) string {
	if p.GetOwner() == "" {
		return ""
	}
	return p.GetOwner() + ":" + strconv.FormatInt(p.GetSequence(), 10)
}
