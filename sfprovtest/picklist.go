package sfprovtest

import (
	"slices"
	"strings"
)

// SetPicklist sets the values that a restricted picklist takes, for example
// LanguageLocaleKey. It panics if User has no such picklist.
func (o *Org) SetPicklist(field string, values ...string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f, _ := o.fieldOf(userObject, field); f.kind != typePicklist {
		panic("sfprovtest: User has no picklist " + field)
	}
	o.picklist[strings.ToLower(field)] = slices.Clone(values)
}

// standardPicklists are common values; a real org has many more. SetPicklist
// changes them.
func standardPicklists() map[string][]string {
	return map[string][]string{
		"timezonesidkey": {
			"America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York", "America/Sao_Paulo", "America/Toronto",
			"Europe/London", "Europe/Dublin", "Europe/Paris", "Europe/Berlin", "Europe/Madrid", "Europe/Rome", "Europe/Amsterdam", "Europe/Stockholm", "Europe/Istanbul",
			"Africa/Cairo", "Africa/Johannesburg", "Asia/Dubai", "Asia/Kolkata", "Asia/Colombo", "Asia/Singapore", "Asia/Hong_Kong", "Asia/Shanghai", "Asia/Tokyo", "Asia/Seoul",
			"Australia/Sydney", "Pacific/Auckland", "GMT",
		},
		"localesidkey": {
			"en_US", "en_GB", "en_AU", "en_CA", "en_IE", "en_IN", "en_SG", "de_DE", "de_AT", "de_CH", "fr_FR", "fr_CA", "fr_CH", "es_ES", "es_MX", "it_IT",
			"pt_BR", "pt_PT", "nl_NL", "sv_SE", "da_DK", "fi_FI", "no_NO", "ja_JP", "ko_KR", "zh_CN", "zh_TW", "ru_RU", "th_TH", "tr_TR",
		},
		"languagelocalekey": {
			"en_US", "de", "es", "fr", "it", "ja", "sv", "ko", "zh_TW", "zh_CN", "pt_BR", "nl_NL", "da", "th", "fi", "ru", "es_MX", "no",
		},
		"digestfrequency":                   {"D", "W", "N"},
		"defaultgroupnotificationfrequency": {"P", "D", "W", "N"},
		"emailencodingkey": {
			"UTF-8", "ISO-8859-1", "Shift_JIS", "ISO-2022-JP", "EUC-JP", "ks_c_5601-1987", "Big5", "GB2312", "Big5-HKSCS",
		},
	}
}
