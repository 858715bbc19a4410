package dynamo

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestDecode_AsByReflection compares decode with attributevalue, which knows every field.
func TestDecode_AsByReflection(t *testing.T) {
	for _, zero := range []any{key{}, ticketItem{}, entryItem{}, readMarkerItem{}} {
		kind := reflect.TypeOf(zero)
		t.Run(kind.Name(), func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			compareDecoded(t, kind, item{})
			for n := range 50 {
				filled := reflect.New(kind).Elem()
				fill(filled, random, float64(n%5)/5) // every fifth has all fields
				i := encodeItem(filled.Interface())
				if got := compareDecoded(t, kind, i); !reflect.DeepEqual(got, filled.Interface()) {
					t.Fatalf("got %+v, want %+v", got, filled)
				}
				for name := range i {
					for _, other := range []types.AttributeValue{
						&types.AttributeValueMemberNULL{Value: true}, &types.AttributeValueMemberBOOL{Value: true},
						&types.AttributeValueMemberL{Value: []types.AttributeValue{}}, &types.AttributeValueMemberL{Value: []types.AttributeValue{nil}},
						&types.AttributeValueMemberM{Value: item{}},
					} {
						kept := i[name]
						i[name] = other
						compareDecoded(t, kind, i)
						i[name] = kept
					}
				}
			}
		})
	}
}

// compareDecoded decodes an item in both ways.
func compareDecoded(t *testing.T, kind reflect.Type, i item) any {
	t.Helper()
	got, want := reflect.New(kind), reflect.New(kind)
	err, wantErr := decode(i, got.Interface()), attributevalue.UnmarshalMap(i, want.Interface())
	if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(got.Interface(), want.Interface()) {
		t.Fatalf("%v: got %+v, %v, want %+v, %v", i, got, err, want, wantErr)
	}
	return got.Elem().Interface()
}

// fill sets all fields at random; a share of them stays zero.
func fill(v reflect.Value, random *rand.Rand, share float64) {
	if v.Kind() != reflect.Struct && random.Float64() < share {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text %d", random.Int()))
	case reflect.Int, reflect.Int64:
		v.SetInt(1 + random.Int64N(1<<40))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), random, share)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+random.IntN(3), 3))
		fallthrough
	case reflect.Array:
		for n := range v.Len() {
			fill(v.Index(n), random, share)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 1 + random.IntN(3) {
			name, element := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(name, random, 0)
			fill(element, random, share)
			v.SetMapIndex(name, element)
		}
	case reflect.Struct:
		for n := range v.NumField() {
			fill(v.Field(n), random, share)
		}
	default:
		panic("no value of " + v.Type().String())
	}
}
