package apperr

import "ticketsystem/pkg/locale"

// In returns f with its message in the language of a BCP 47 tag. The texts of the
// catalogues depend on the code alone; an English message may be more specific.
func (f Field) In(tag string) Field {
	if text, ok := locale.Lookup(tag, "field."+f.Code); ok && (f.Message == "" || locale.Resolve(tag) != locale.English) {
		f.Message = text
	}
	return f
}
