package stored_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain"
	"github.com/seatflow/seatflow/services/fulfillment/internal/domain/stored"
)

// fill sets every field that is stored, of whatever type, to something or to nothing; a field of a type that it does not know
// fails the test, so that a new one is not forgotten.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		at := time.Unix(rapid.Int64Range(-1<<33, 1<<35).Draw(t, "at"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanos"))
		v.Set(reflect.ValueOf(rapid.SampledFrom([]time.Time{{}, at.UTC(), at.In(time.FixedZone("", 3600))}).Draw(t, "time")))
		return
	case *orderv1.Order: // kept in a column of its own
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).Tag.Get("json") != "-" {
				fill(t, v.Field(i))
			}
		}
	case reflect.Slice:
		if n := rapid.IntRange(0, 3).Draw(t, "length"); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(t, v.Index(i))
			}
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.SampledFrom([]string{"", "SF-7K3Q2PXA", `{"a":[1,"b"]}`, "<&>", "ü \u2028 \x00"}), rapid.String()).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "flag"))
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(rapid.Int64Range(-1<<(v.Type().Bits()-1), 1<<(v.Type().Bits()-1)-1).Draw(t, "number"))
	case reflect.Uint8:
		v.SetUint(uint64(rapid.Uint8().Draw(t, "step")))
	default:
		t.Fatalf("no form is known for %s", v.Type())
	}
}

// What is written is what encoding/json writes, and comes back as it was.
func TestAsEncodingJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var o domain.Order
		fill(t, reflect.ValueOf(&o).Elem())
		same(t, &o, stored.Order(&o), stored.ReadOrder)
		var b domain.Body
		fill(t, reflect.ValueOf(&b).Elem())
		same(t, &b, stored.Call(&b), stored.ReadCall)
	})
}

func same[T any](t *rapid.T, v *T, got []byte, read func([]byte, *T) error) {
	want, err := json.Marshal(v)
	if err != nil || string(got) != string(want) {
		t.Fatalf("written\n%s\nencoding/json writes\n%s %v", got, want, err)
	}
	var back, theirs T
	if err := read(got, &back); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if err := json.Unmarshal(got, &theirs); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&theirs, &back); diff != "" {
		t.Fatalf("%s reads as\n%s", got, diff)
	}
}

// What has been written in another form, or is broken, reads as encoding/json reads it.
func TestOtherForms(t *testing.T) {
	t.Parallel()
	for _, form := range []string{
		`{}`, ` { "l" : [ { "s":3, "n":1 } ], "k": 2 }`, `{"k":2,"l":[{"n":1,"s":3}]}`, `{"l":[{"n":1,"s":3,"new":{"deep":[1,{}]}}],"z":"ü"}`,
		`{"l":null,"c":null,"x":null}`, `{"l":[],"c":{},"p":[{}]}`, `{"l":[{"n":1,"f":false,"k":"a\u00fcb"}]}`, `{"c":{"k":[1,2,],"i":"c"}}`,
		``, `{`, `{"l":[{"n":1}`, `{"l":[{"n":1}]}}`, `{"l":[{"n":"1"}]}`, `{"l":[{"s":256}]}`, `{"l":[{"n":01}]}`, `{"k":-}`, `{"k":1.5}`,
		`{"k":99999999999999999999}`, `{,"k":1}`, `{"k":1,}`, `{"c":{"t":{"a":"yesterday"}}}`, `{"c":{"i":"a` + "\n" + `"}}`, `null`, `[]`,
	} {
		var got, want domain.Order
		err := stored.ReadOrder([]byte(form), &got)
		if wanted := json.Unmarshal([]byte(form), &want); (err == nil) != (wanted == nil) {
			t.Errorf("%s: %v, encoding/json says %v", form, err, wanted)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s reads as\n%s", form, diff)
		}
	}
}

// A cut or changed text never reads as anything but what encoding/json makes of it.
func TestDamage(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var o domain.Order
		fill(t, reflect.ValueOf(&o).Elem())
		form := stored.Order(&o)
		i := rapid.IntRange(0, len(form)-1).Draw(t, "place")
		form[i] = rapid.SampledFrom([]byte(`{}[]",:0123456789-atrue `)).Draw(t, "byte")
		var got, want domain.Order
		err := stored.ReadOrder(form, &got)
		if wanted := json.Unmarshal(form, &want); (err == nil) != (wanted == nil) {
			t.Fatalf("%s: %v, encoding/json says %v", form, err, wanted)
		} else if diff := cmp.Diff(want, got); err == nil && diff != "" {
			t.Fatalf("%s reads as\n%s", form, diff)
		}
	})
}
