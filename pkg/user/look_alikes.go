package user

import (
	"sync"
	"unicode"
)

// lookAlikes has the letters that look like those of the role words and of the text for deleted
// users, as written: Υ looks like a Y, υ like a u. Most are from the confusables of UTS #39.
var lookAlikes = map[rune]string{
	'a': "ΑαАаԱաɑɐᴀᎪꭺᗅᗩꓮⲀⲁ⍺𐊠𖽀𖼀Ⱥⱥ",
	'c': "ϹϲСсᴄᏟꮯꓚⲤⲥ𐊢𐌂𐐕𐐽ⅭⅽↃↄ",
	'd': "ԀԁᴅᎠᏧꭰᑯᗞᗪꓒꓓĐđÐðɖɗⲆ",
	'e': "ΕεЕеЄєҽᴇᎬꭼ℮⋿ⴹꓰƎǝƏəƐɛɘⲈⲉ",
	'f': "ϜꓝꞘꞙƒքᖴ",
	'g': "ɡɢԌցᏀᏳꮐꓖ",
	'h': "ΗНнһհʜᎻꮋᏂᕼꓧⲎⲏ",
	'i': "ΙιІіӀӏıɩɪɨƗƖǀᎥꭵꓲⲒⲓⵏ∣⍳",
	'k': "ΚκКкᴋᏦꮶᛕꓗⲔⲕ",
	'l': "ʟᏞꮮᒪꓡⅬⳐłŁ",
	'm': "ΜμМмϺᴍᎷꮇᗰᛖꓟⲘⲙɱʍɯƜ",
	'n': "ΝνηПпИиɴոռᑎꓠⲚⲛŋŊɲƞ",
	'o': "ΟοσОоΘθѲѳӨөᴏᴑօՕꓳⲞⲟⵔ〇ØøƟɵჿဝ၀ഠဂ০੦૦०௦౦೦๐໐۵",
	'p': "ΡρРрᴘᏢꮲᑭ⍴ꓑⲢⲣþÞƿǷƥ",
	'r': "ƦʀЯягГґҐᎡꭱᏒꮢꮁᖇꓣⲄⲅɼɾɹ𖼵ꭇꭈ",
	's': "ЅѕƽƼꜱՏʂտᏕᏚꮪႽⴝᔕꓢƧƨȿ𐊖𐐠𑈁",
	't': "ΤτТтᴛᎢꭲꓔⲦⲧ⊤⟙ŦŧƬƭʇ𐊗𐊱𐌕",
	'u': "υՍսᴜᑌሀꓴ∪⋃ʊƱʋƲꞟ",
	'v': "ѴѵᴠᏙꮩⴸꓦᐯ∨⋁۷ⱱ",
	'y': "ΥγʏɣУуҮүᎩᎽꭹꮍꓬⲨⲩʎƴƳ",
	'ی': "يىېےێۍۑؽؾؿ", 'ک': "كڪ", 'ه': "ہھەةۀۂۃ", 'ا': "ٱٲٳ", 'پ': "ڀݐݒ", 'ت': "ټٿٺٹ", 'ش': "ښڜۺ", 'ب': "ٻݑ", 'ن': "ںڹڻݧ",
	'م': "۾ݥݦ", 'د': "ڈډڊڍۮݙ", 'ر': "ړڕڗڔڒڑۯݛ", 'س': "ڛݭݜ",
}

var lookAlikeOf = sync.OnceValue(func() map[rune]rune { //nolint:gochecknoglobals // made once and never changed
	letters := map[rune]rune{}
	for letter, others := range lookAlikes {
		for _, other := range others {
			letters[other] = letter
		}
	}
	return letters
})

// replaceLookAlike returns the letter that a letter looks like, in lower case, or the letter itself.
func replaceLookAlike(r rune) rune {
	if letter, known := lookAlikeOf()[r]; known {
		return letter
	}
	return r
}

// foldLookAlike returns the letter that a letter or its lower case looks like, in lower case.
func foldLookAlike(r rune) rune { return replaceLookAlike(unicode.ToLower(replaceLookAlike(r))) }
