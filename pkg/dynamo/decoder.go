package dynamo

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// decoder converts the items that requests read many of, as attributevalue does but without
// reflection. A missing value is the zero value, and err is the last error.
type decoder struct{ err error }

func (d *decoder) text(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	d.require(v, "a string")
	return ""
}

func (d *decoder) number(v types.AttributeValue) int64 {
	if n, ok := v.(*types.AttributeValueMemberN); ok {
		number, err := strconv.ParseInt(n.Value, 10, 64)
		if err != nil {
			d.err = err
		}
		return number
	}
	d.require(v, "a number")
	return 0
}

func (d *decoder) integer(v types.AttributeValue) int { return int(d.number(v)) }

func (d *decoder) list(v types.AttributeValue) []types.AttributeValue {
	if l, ok := v.(*types.AttributeValueMemberL); ok {
		return l.Value
	}
	d.require(v, "a list")
	return nil
}

func (d *decoder) fields(v types.AttributeValue) item {
	if m, ok := v.(*types.AttributeValueMemberM); ok {
		return m.Value
	}
	d.require(v, "a map")
	return nil
}

// require fails unless a value of another type is missing or null.
func (d *decoder) require(v types.AttributeValue, wanted string) {
	switch v.(type) {
	case nil, *types.AttributeValueMemberNULL:
	default:
		d.err = fmt.Errorf("dynamo: %T instead of %s", v, wanted)
	}
}

// decodeList and decodeMap convert the elements of a list or map, nil if it is missing.
func decodeList[T any](from []types.AttributeValue, element func(types.AttributeValue) T) []T {
	if from == nil {
		return nil
	}
	out := make([]T, len(from))
	for n, v := range from {
		out[n] = element(v)
	}
	return out
}

func decodeMap[T any](from item, element func(types.AttributeValue) T) map[string]T {
	if from == nil {
		return nil
	}
	out := make(map[string]T, len(from))
	for name, v := range from {
		out[name] = element(v)
	}
	return out
}

func (d *decoder) key(i item) key { return key{PK: d.text(i["PK"]), SK: d.text(i["SK"])} }

func (d *decoder) ticketItem(i item) ticketItem {
	return ticketItem{
		key: d.key(i), Rev: d.integer(i["rev"]), DeletedAt: d.number(i["gone"]), Row: d.ticketRow(d.fields(i["row"])),
		ticketIndexKeys: ticketIndexKeys{
			U: d.text(i["u"]), A: d.text(i["a"]), Q: d.text(i["q"]), W: d.text(i["w"]), LS: d.text(i["ls"]), LH: d.text(i["lh"]), LC: d.text(i["lc"]),
		},
	}
}

func (d *decoder) ticketRow(i item) ticketRow {
	return ticketRow{
		Title: d.text(i["t"]), Status: d.text(i["s"]), Priority: d.text(i["p"]),
		CategoryID: d.text(i["c"]), CategoryNames: decodeMap(d.fields(i["cn"]), d.text),
		CustomerID: d.text(i["u"]), CustomerName: d.text(i["un"]), OpenedBy: d.text(i["ob"]), AssigneeID: d.text(i["h"]), AssigneeName: d.text(i["hn"]),
		Tags: decodeList(d.list(i["g"]), d.text), FollowUpOf: d.text(i["fo"]), FollowUps: decodeList(d.list(i["fu"]), d.text),
		LastSeq: d.integer(i["l"]), PublicSeq: d.integer(i["lp"]), Messages: d.integer(i["m"]), Notes: d.integer(i["o"]),
		Readers: decodeMap(d.fields(i["r"]), d.pair), Preview: d.text(i["v"]),
		Created: d.number(i["at"]), Activity: d.number(i["la"]), Waiting: d.number(i["w"]), Replied: d.number(i["fr"]),
		Resolved: d.number(i["rs"]), Closed: d.number(i["cl"]),
	}
}

func (d *decoder) pair(v types.AttributeValue) (pair [2]int) {
	copy(pair[:], decodeList(d.list(v), d.integer))
	return pair
}

func (d *decoder) entryItem(i item) entryItem {
	state := d.fields(i["s"])
	return entryItem{
		key: d.key(i), entryIndexKeys: entryIndexKeys{UC: d.text(i["uc"]), QC: d.text(i["qc"]), N: d.text(i["n"])},
		Kind: d.text(i["k"]), AuthorID: d.text(i["b"]), AuthorName: d.text(i["bn"]), AuthorRole: d.text(i["br"]), Body: d.text(i["t"]),
		Files: decodeList(d.list(i["f"]), d.entryAttachment), Change: d.changeItem(d.fields(i["ch"])), Opening: d.openingItem(d.fields(i["op"])),
		ClientID: d.text(i["c"]), Hidden: d.integer(i["hb"]), WriteID: d.text(i["x"]), RequestID: d.text(i["rq"]), At: d.number(i["at"]),
		State: stateItem{Status: d.text(state["s"]), Priority: d.text(state["p"]), CategoryID: d.text(state["c"]), AssigneeID: d.text(state["h"])},
	}
}

func (d *decoder) entryAttachment(v types.AttributeValue) entryAttachment {
	i := d.fields(v)
	return entryAttachment{
		ID: d.text(i["i"]), Name: d.text(i["n"]), Type: d.text(i["t"]), Size: d.number(i["z"]), State: d.text(i["s"]),
		Width: d.integer(i["w"]), Height: d.integer(i["h"]),
	}
}

func (d *decoder) changeItem(i item) *changeItem {
	if i == nil {
		return nil
	}
	return &changeItem{
		Field: d.text(i["f"]), From: d.text(i["a"]), To: d.text(i["b"]), FromName: d.text(i["an"]), Name: d.text(i["n"]),
		FromNames: decodeMap(d.fields(i["as"]), d.text), Names: decodeMap(d.fields(i["ns"]), d.text),
	}
}

func (d *decoder) openingItem(i item) *openingItem {
	if i == nil {
		return nil
	}
	return &openingItem{
		Title: d.text(i["t"]), CategoryID: d.text(i["c"]), CategoryNames: decodeMap(d.fields(i["n"]), d.text), FollowUpOf: d.text(i["fo"]),
		CustomerID: d.text(i["u"]), CustomerName: d.text(i["un"]),
	}
}

func (d *decoder) readMarkerItem(i item) readMarkerItem {
	return readMarkerItem{key: d.key(i), Read: d.integer(i["r"]), Name: d.text(i["bn"]), Role: d.text(i["br"]), Connection: d.text(i["cn"])}
}
