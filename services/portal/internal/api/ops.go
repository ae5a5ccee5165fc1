package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seatflow/seatflow/proto/contract"
	opsv1 "github.com/seatflow/seatflow/proto/gen/seatflow/ops/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
)

const lettersPath = "/api/ops/dead-letters"

// DeadLetter is an input that a service could not process and put aside.
type DeadLetter struct {
	Service   string     `json:"service" example:"fulfillment"`
	ID        string     `json:"id"`
	OrderID   string     `json:"order_id,omitempty"`
	Subject   string     `json:"subject,omitempty" doc:"Where it came from."`
	Code      string     `json:"code" doc:"The cause, for programs."`
	Message   string     `json:"message" doc:"The cause, for people."`
	State     string     `json:"state" doc:"open, replayed or discarded." example:"open"`
	CreatedAt *time.Time `json:"created_at,omitempty" doc:"UTC."`
}

// Cause counts the letters of one cause on this page.
type Cause struct {
	Service string `json:"service"`
	Code    string `json:"code"`
	Count   int    `json:"count"`
}

// DeadLetters are the letters of all services that answered, the newest first.
type DeadLetters struct {
	Letters []DeadLetter `json:"letters" nullable:"false"`
	Causes  []Cause      `json:"causes" nullable:"false" doc:"The letters listed here by cause, the most frequent first."`
	Missing []string     `json:"missing,omitempty" doc:"Services that did not answer, so that their letters are not here."`
}

type lettersInput struct {
	Service string `query:"service" enum:"intake,approval,fulfillment,notification" doc:"Only this service's letters."`
	Code    string `query:"code" maxLength:"120" doc:"Only letters with this cause."`
	All     bool   `query:"all" doc:"Closed ones too."`
	Limit   int32  `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Letters of each service."`
}

type lettersOutput struct{ Body DeadLetters }

type letterInput struct {
	Service string `path:"service" enum:"intake,approval,fulfillment,notification" example:"fulfillment"`
	ID      string `path:"id" pattern:"^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$" patternDescription:"a UUID"`
	Key
}

type letterOutput struct{ Body DeadLetter }

func (s *Server) operating() {
	tags := []string{"Operations"}
	register(s, huma.Operation{
		OperationID: "list-dead-letters", Method: http.MethodGet, Path: lettersPath, Tags: tags, Summary: "List dead letters",
		Description: "Inputs that a service could not process and put aside. For admins.",
	}, admins, s.letters)
	register(s, huma.Operation{
		OperationID: "replay-dead-letter", Method: http.MethodPost, Path: lettersPath + "/{service}/{id}/replay", Tags: tags,
		Summary: "Feed a dead letter to its service again", Description: "It is put aside anew if it fails anew. For admins.",
	}, admins, s.replay)
	register(s, huma.Operation{
		OperationID: "discard-dead-letter", Method: http.MethodPost, Path: lettersPath + "/{service}/{id}/discard", Tags: tags,
		Summary: "Close a dead letter without processing it", Description: "For admins.",
	}, admins, s.discard)
}

// letters asks the services side by side; one that does not answer is named and does not hide the others.
func (s *Server) letters(ctx context.Context, in *lettersInput) (*lettersOutput, error) {
	services := contract.EngineServices
	if in.Service != "" {
		services = []contract.Service{contract.Service(in.Service)}
	}
	replies := make([]opsv1.ListDeadLettersResponse, len(services))
	faults := make([]error, len(services))
	var wg sync.WaitGroup
	for i, service := range services {
		wg.Go(func() {
			req := &opsv1.ListDeadLettersRequest{Code: in.Code, Limit: in.Limit, All: in.All}
			faults[i] = s.call(ctx, contract.ListDeadLetters(service), req, &replies[i], "")
		})
	}
	wg.Wait()
	out := DeadLetters{Letters: []DeadLetter{}}
	for i, service := range services {
		if err := faults[i]; err != nil {
			if len(services) == 1 || fault.KindOf(err) != fault.Unavailable {
				return nil, err
			}
			out.Missing = append(out.Missing, string(service))
			continue
		}
		for _, l := range replies[i].GetLetters() {
			out.Letters = append(out.Letters, letter(service, l))
		}
	}
	slices.SortStableFunc(out.Letters, func(a, b DeadLetter) int { return newerFirst(a.CreatedAt, b.CreatedAt) })
	out.Causes = causes(out.Letters)
	return &lettersOutput{out}, nil
}

func newerFirst(a, b *time.Time) int {
	if a == nil || b == nil {
		return 0
	}
	return b.Compare(*a)
}

func causes(letters []DeadLetter) []Cause {
	out := []Cause{}
	for _, l := range letters {
		at := slices.IndexFunc(out, func(c Cause) bool { return c.Service == l.Service && c.Code == l.Code })
		if at < 0 {
			at = len(out)
			out = append(out, Cause{Service: l.Service, Code: l.Code})
		}
		out[at].Count++
	}
	slices.SortStableFunc(out, func(a, b Cause) int { return cmp.Compare(b.Count, a.Count) })
	return out
}

func letter(s contract.Service, l *opsv1.DeadLetterRecord) DeadLetter {
	return DeadLetter{
		Service: string(s), ID: l.GetId(), OrderID: l.GetOrderId(), Subject: l.GetSubject(), Code: l.GetCode(), Message: l.GetMessage(),
		State: l.GetState(), CreatedAt: moment(l.GetCreatedAt()),
	}
}

func (s *Server) replay(ctx context.Context, in *letterInput) (*letterOutput, error) {
	service := contract.Service(in.Service)
	var reply opsv1.ReplayDeadLetterResponse
	if err := s.call(ctx, contract.ReplayDeadLetter(service), &opsv1.ReplayDeadLetterRequest{Id: in.ID}, &reply, in.IdempotencyKey); err != nil {
		return nil, err
	}
	return &letterOutput{letter(service, reply.GetLetter())}, nil
}

func (s *Server) discard(ctx context.Context, in *letterInput) (*letterOutput, error) {
	service := contract.Service(in.Service)
	var reply opsv1.DiscardDeadLetterResponse
	if err := s.call(ctx, contract.DiscardDeadLetter(service), &opsv1.DiscardDeadLetterRequest{Id: in.ID}, &reply, in.IdempotencyKey); err != nil {
		return nil, err
	}
	return &letterOutput{letter(service, reply.GetLetter())}, nil
}
