package docs

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// page is what the template shows.
type page struct {
	Title, Version, Description, Base string
	Groups                            []group
	Problems                          []problem
	Types                             []typeDoc
}

type group struct {
	Name       string
	Operations []operation
}

type operation struct {
	ID, Method, Path, Summary, Description string
	Parameters                             []field
	Body                                   typeRef
	BodyRequired                           bool
	Form                                   []field
	Answers                                []answer
	Curl                                   string
}

const formType = "multipart/form-data"

type answer struct {
	Status, Text string
	Type         typeRef
	Headers      []field
}

// field is a parameter, a header or a member of a type.
type field struct {
	Name, In, Text, Limits string
	Required               bool
	Type                   typeRef
}

// typeRef is a type in words, with a link if it is described on the page.
type typeRef struct{ Before, Name, Link string }

type typeDoc struct {
	Name, Text string
	Fields     []field
}

type problem struct {
	Kind    string
	Status  int
	Meaning string
}

// problems says what each kind means and what to do; the anchors are the type of a problem.
var problems = []struct {
	kind    fault.Kind
	meaning string
}{
	{fault.Invalid, "The request breaks a rule that can be seen without looking at any order. errors names every field at fault. Correct it; the same request will fail again. (413, 415, 405 and 408 have this type too.)"},
	{fault.Unauthenticated, "No bearer token, or one that is malformed, forged, expired or from an issuer that is not trusted here. Get a token and send the request again."},
	{fault.Forbidden, "You are known and may not do this, for instance decide an order that you placed yourself."},
	{fault.NotFound, "It does not exist, or not for you: another customer's order is not found either."},
	{fault.Conflict, "The order's state does not allow it, and waiting does not change that. The sentence says what happened first. (412: what you edit was changed meanwhile; read it again.)"},
	{fault.MovedOn, "The order is with the service that owner names, where this command has no meaning any more."},
	{fault.TooMany, "You are over a limit. Wait as long as Retry-After says."},
	{fault.Unavailable, "Not right now: a service is away or busy, or the order is still on its way to it. Send the same request again after Retry-After seconds, with the same Idempotency-Key."},
	{fault.Internal, "A fault on our side. Tell the people who run the server the trace_id."},
}

func newPage(spec *huma.OpenAPI, base string) page {
	p := page{Title: spec.Info.Title, Version: spec.Info.Version, Description: spec.Info.Description, Base: base}
	for _, k := range problems {
		p.Problems = append(p.Problems, problem{k.kind.String(), fault.HTTPStatus(k.kind), k.meaning})
	}
	r := renderer{registry: spec.Components.Schemas}
	for path, item := range spec.Paths {
		for method, op := range map[string]*huma.Operation{
			http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch, http.MethodDelete: item.Delete,
		} {
			if op != nil {
				p.add(op.Tags[0], r.operation(method, path, op))
			}
		}
	}
	order := []string{"Orders", "Decisions", "Approval rules", "Operations"}
	slices.SortFunc(p.Groups, func(a, b group) int {
		return cmp.Compare(slices.Index(order, a.Name), slices.Index(order, b.Name))
	})
	for _, g := range p.Groups {
		slices.SortFunc(g.Operations, func(a, b operation) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(b.Method, a.Method))
		})
	}
	for name, s := range spec.Components.Schemas.Map() {
		p.Types = append(p.Types, r.typeDoc(name, s))
	}
	slices.SortFunc(p.Types, func(a, b typeDoc) int { return cmp.Compare(a.Name, b.Name) })
	return p
}

func (p *page) add(name string, op operation) {
	at := slices.IndexFunc(p.Groups, func(g group) bool { return g.Name == name })
	if at < 0 {
		at = len(p.Groups)
		p.Groups = append(p.Groups, group{Name: name})
	}
	p.Groups[at].Operations = append(p.Groups[at].Operations, op)
}

// renderer turns the parts of an OpenAPI document into what the page shows.
type renderer struct{ registry huma.Registry }

func (r renderer) operation(method, path string, op *huma.Operation) operation {
	out := operation{ID: op.OperationID, Method: method, Path: path, Summary: op.Summary, Description: op.Description}
	for _, p := range op.Parameters {
		f := r.field(p.Name, p.Schema, p.Required)
		f.In = p.In
		out.Parameters = append(out.Parameters, f)
	}
	if op.RequestBody != nil {
		out.BodyRequired = op.RequestBody.Required
		if form := op.RequestBody.Content[formType]; form != nil {
			out.Body, out.Form = typeRef{Name: formType}, r.typeDoc("", form.Schema).Fields
		} else {
			out.Body = r.ref(op.RequestBody.Content["application/json"].Schema)
		}
	}
	for status, resp := range op.Responses {
		if status < "300" {
			out.Answers = append(out.Answers, r.answer(status, resp))
		}
	}
	slices.SortFunc(out.Answers, func(a, b answer) int { return cmp.Compare(a.Status, b.Status) })
	out.Curl = r.curl(method, path, op)
	return out
}

func (r renderer) answer(status string, resp *huma.Response) answer {
	out := answer{Status: status, Text: resp.Description}
	if c := resp.Content["application/json"]; c != nil {
		out.Type = r.ref(c.Schema)
	}
	for name, h := range resp.Headers {
		f := r.field(name, h.Schema, false)
		f.In = "header"
		out.Headers = append(out.Headers, f)
	}
	slices.SortFunc(out.Headers, func(a, b field) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (r renderer) typeDoc(name string, s *huma.Schema) typeDoc {
	out := typeDoc{Name: name, Text: s.Description}
	for _, p := range inOrder(s) {
		out.Fields = append(out.Fields, r.field(p, s.Properties[p], slices.Contains(s.Required, p)))
	}
	return out
}

// inOrder lists a type's members: the required ones first, then by name.
func inOrder(s *huma.Schema) []string {
	names := make([]string, 0, len(s.Properties))
	for n := range s.Properties {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int {
		ra, rb := slices.Contains(s.Required, a), slices.Contains(s.Required, b)
		if ra != rb {
			if ra {
				return -1
			}
			return 1
		}
		return cmp.Compare(a, b)
	})
	return names
}

func (r renderer) field(name string, s *huma.Schema, required bool) field {
	return field{Name: name, Text: s.Description, Required: required, Type: r.ref(s), Limits: limits(s)}
}

// ref is a schema's type in words.
func (r renderer) ref(s *huma.Schema) typeRef {
	if s == nil {
		return typeRef{Name: "any"}
	}
	if s.Ref != "" {
		name := s.Ref[strings.LastIndex(s.Ref, "/")+1:]
		return typeRef{Name: name, Link: "#type-" + name}
	}
	if s.Type == huma.TypeArray {
		inner := r.ref(s.Items)
		inner.Before = "list of " + inner.Before
		return inner
	}
	if s.Format != "" && s.Type == huma.TypeString {
		return typeRef{Name: s.Format}
	}
	return typeRef{Name: s.Type}
}

// limits are a schema's rules in words.
func limits(s *huma.Schema) string {
	var out []string
	say := func(format string, v any) { out = append(out, fmt.Sprintf(format, v)) }
	if s.Items != nil && len(s.Items.Enum) > 0 {
		say("of %s", list(s.Items.Enum))
	}
	if len(s.Enum) > 0 {
		say("one of %s", list(s.Enum))
	}
	if s.Minimum != nil {
		say("at least %g", *s.Minimum)
	}
	if s.Maximum != nil {
		say("at most %g", *s.Maximum)
	}
	if s.MinItems != nil {
		say("at least %d entry", *s.MinItems)
	}
	if s.MaxItems != nil {
		say("at most %d entries", *s.MaxItems)
	}
	if s.MaxLength != nil {
		say("at most %d characters", *s.MaxLength)
	}
	if s.PatternDescription != "" {
		say("%s", s.PatternDescription)
	}
	if s.Default != nil {
		say("otherwise %v", s.Default)
	}
	return strings.Join(out, "; ")
}

func list(values []any) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = fmt.Sprint(v)
	}
	return strings.Join(words, ", ")
}

// curl is a call that works as printed, given the variables that the page's head explains.
func (r renderer) curl(method, path string, op *huma.Operation) string {
	var b strings.Builder
	b.WriteString("curl")
	if method != http.MethodGet {
		b.WriteString(" -X " + method)
	}
	for _, p := range op.Parameters {
		if p.In == "path" {
			value := "00000000-0000-0000-0000-000000000000"
			if len(p.Schema.Examples) > 0 {
				value = fmt.Sprint(p.Schema.Examples[0])
			}
			path = strings.ReplaceAll(path, "{"+p.Name+"}", value)
		}
	}
	fmt.Fprintf(&b, " \"$SEATFLOW%s\" \\\n  -H \"Authorization: Bearer $TOKEN\"", path)
	if op.RequestBody == nil {
		return b.String()
	}
	if form := op.RequestBody.Content[formType]; form != nil {
		for _, name := range inOrder(form.Schema) {
			if slices.Contains(form.Schema.Required, name) {
				fmt.Fprintf(&b, " \\\n  -F %s=%v", name, form.Schema.Properties[name].Examples[0])
			}
		}
		return b.String()
	}
	media := op.RequestBody.Content["application/json"]
	example := media.Example
	if example == nil {
		example = r.example(media.Schema)
	}
	if body, err := json.MarshalIndent(example, "  ", "  "); err == nil {
		fmt.Fprintf(&b, " \\\n  -H \"Content-Type: application/json\" \\\n  -d '%s'", body)
	}
	return b.String()
}

// example makes a value of what the schema gives as examples, leaving out what has none.
func (r renderer) example(s *huma.Schema) any {
	for s.Ref != "" {
		s = r.registry.SchemaFromRef(s.Ref)
	}
	if len(s.Examples) > 0 {
		return s.Examples[0]
	}
	switch s.Type {
	case huma.TypeObject:
		out := map[string]any{}
		for name, p := range s.Properties {
			if v := r.example(p); v != nil {
				out[name] = v
			}
		}
		return out
	case huma.TypeBoolean:
		return true
	default:
		return nil
	}
}
