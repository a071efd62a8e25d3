"""What each condition is called, what it means and what to do next, in English and Indonesian.

Keyed by the value of `dentalization.dentistry.conditions.Condition`, which puts words, urgency and codes
together. Nothing here orders a treatment: that is for the dentist who has looked into the mouth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """In one language: `name` for patients, `term` for dentists, `meaning` and `advice` in sentences.

    `advice` says how soon a dentist should look, in the same words for the same urgency.
    """

    name: str
    term: str
    meaning: str
    advice: str


ENGLISH: Final[dict[str, Words]] = {
    "caries": Words(
        "tooth decay",
        "dental caries",
        "Acids made by bacteria dissolve the hard part of a tooth, which can lead to a hole. "
        "When noticed early it is often easier to stop.",
        "Have a dentist look at it within the next weeks, sooner if it hurts.",
    ),
    "calculus": Words(
        "tartar",
        "dental calculus",
        "Plaque that has hardened on the teeth. It can irritate the gums; a toothbrush cannot take it off.",
        "Mention it at your next dental visit; a dentist can say whether a cleaning makes sense.",
    ),
    "gingivitis": Words(
        "inflamed gums",
        "gingivitis",
        "Gums that are red or swollen and may bleed easily, most often because of plaque along their edge.",
        "Mention it at your next dental visit, sooner if the gums bleed often, swell or hurt.",
    ),
    "missing_tooth": Words(
        "missing tooth",
        "missing tooth (tooth loss or hypodontia)",
        "A place where a tooth would be expected looks empty. The picture cannot tell whether the tooth was "
        "lost, never formed or is still under the gum.",
        "Mention it at your next dental visit; a dentist can say whether the gap matters.",
    ),
    "discoloration": Words(
        "discoloured tooth",
        "tooth discoloration",
        "A tooth of another colour than expected, for example from food, drink or tobacco, after a blow, or "
        "since it was formed. Light and camera can make a tooth look discoloured as well.",
        "Mention it at your next dental visit; a dentist can look for the cause.",
    ),
    "ulcer": Words(
        "mouth ulcer",
        "oral ulcer",
        "An open sore in the lining of the mouth. Most heal by themselves within two weeks; a dentist should "
        "see one that does not.",
        "Have a dentist look at it within the next weeks, and without waiting if it is already older than "
        "two weeks, grows or bleeds.",
    ),
    "filling": Words(
        "filling",
        "dental restoration (filling)",
        "Material that was put into a tooth to repair it.",
        "Nothing to do for this alone; a dentist looks at it at regular check-ups.",
    ),
    "crown": Words(
        "crown",
        "artificial crown",
        "An artificial cover over a tooth or an implant.",
        "Nothing to do for this alone; a dentist looks at it at regular check-ups.",
    ),
    "implant": Words(
        "implant",
        "dental implant",
        "An artificial root in the jaw that carries a replacement for a tooth.",
        "Nothing to do for this alone; a dentist looks at it at regular check-ups.",
    ),
    "root_canal_treatment": Words(
        "root canal treatment",
        "endodontic treatment (root canal filling)",
        "The canals inside the root of a tooth look as if they were filled at an earlier treatment.",
        "Nothing to do for this alone; a dentist looks at it at regular check-ups.",
    ),
    "impacted_tooth": Words(
        "impacted tooth",
        "impacted tooth",
        "A tooth that has not come through because something is in its way, often a wisdom tooth. "
        "It may never cause trouble.",
        "Mention it at your next dental visit, sooner if the gum around it swells or hurts.",
    ),
    "periapical_lesion": Words(
        "inflammation at the tip of a root",
        "periapical lesion (apical periodontitis)",
        "A change in the bone around the tip of a root, often because the inside of the tooth is inflamed or "
        "has died. It can be there without any pain.",
        "Have a dentist look at it within the next weeks, at once if there is pain, swelling or fever.",
    ),
    "fracture": Words(
        "broken tooth",
        "tooth fracture",
        "A tooth that is cracked or has lost a piece, most often by a blow or by biting on something hard.",
        "Have a dentist look at it within days, at once after an accident or if it hurts or is loose; keep "
        "any piece that came off.",
    ),
    "sound_tooth": Words(
        "sound tooth",
        "sound tooth",
        "A tooth on which the model saw nothing unusual. What a picture does not show can still be there.",
        "Nothing to do for this alone; a dentist looks at it at regular check-ups.",
    ),
}

INDONESIAN: Final[dict[str, Words]] = {
    "caries": Words(
        "gigi berlubang",
        "karies gigi",
        "Asam dari bakteri melarutkan bagian keras gigi sehingga lama-lama dapat berlubang. "
        "Bila diketahui dini, sering kali lebih mudah dihentikan.",
        "Periksakan ke dokter gigi dalam beberapa minggu ke depan, lebih cepat bila terasa sakit.",
    ),
    "calculus": Words(
        "karang gigi",
        "kalkulus gigi",
        "Plak yang mengeras pada gigi. Dapat mengiritasi gusi dan tidak hilang dengan sikat gigi.",
        "Sampaikan pada kunjungan berikutnya ke dokter gigi; dokter gigi dapat menilai apakah gigi sebaiknya "
        "dibersihkan.",
    ),
    "gingivitis": Words(
        "radang gusi",
        "gingivitis",
        "Gusi yang merah atau bengkak dan dapat mudah berdarah, paling sering karena plak di tepi gusi.",
        "Sampaikan pada kunjungan berikutnya ke dokter gigi, lebih cepat bila gusi sering berdarah, bengkak, "
        "atau sakit.",
    ),
    "missing_tooth": Words(
        "gigi hilang",
        "gigi tidak ada (kehilangan gigi atau hipodonsia)",
        "Tempat yang semestinya berisi gigi tampak kosong. Gambar tidak dapat menunjukkan apakah gigi itu "
        "tanggal, tidak pernah terbentuk, atau masih di dalam gusi.",
        "Sampaikan pada kunjungan berikutnya ke dokter gigi; dokter gigi dapat menilai apakah celah itu "
        "bermasalah.",
    ),
    "discoloration": Words(
        "perubahan warna gigi",
        "diskolorasi gigi",
        "Gigi dengan warna yang berbeda dari semestinya, misalnya karena makanan, minuman, atau tembakau, "
        "setelah benturan, atau sejak terbentuk. Cahaya dan kamera juga dapat mengubah warna "
        "yang tampak.",
        "Sampaikan pada kunjungan berikutnya ke dokter gigi; dokter gigi dapat mencari penyebabnya.",
    ),
    "ulcer": Words(
        "sariawan",
        "ulkus oral",
        "Luka terbuka pada selaput mulut. Sebagian besar sembuh sendiri dalam dua minggu; yang tidak sembuh "
        "sebaiknya dilihat dokter gigi.",
        "Periksakan ke dokter gigi dalam beberapa minggu ke depan, dan jangan menunggu bila sudah lebih dari "
        "dua minggu, membesar, atau berdarah.",
    ),
    "filling": Words(
        "tambalan gigi",
        "restorasi gigi (tumpatan)",
        "Bahan yang dimasukkan ke dalam gigi untuk memperbaikinya.",
        "Tidak perlu tindakan hanya karena ini; dokter gigi melihatnya pada pemeriksaan rutin.",
    ),
    "crown": Words(
        "mahkota gigi tiruan",
        "mahkota tiruan",
        "Penutup buatan di atas gigi atau implan.",
        "Tidak perlu tindakan hanya karena ini; dokter gigi melihatnya pada pemeriksaan rutin.",
    ),
    "implant": Words(
        "implan gigi",
        "implan dental",
        "Akar buatan di dalam rahang yang menopang pengganti gigi.",
        "Tidak perlu tindakan hanya karena ini; dokter gigi melihatnya pada pemeriksaan rutin.",
    ),
    "root_canal_treatment": Words(
        "perawatan saluran akar",
        "perawatan endodontik (pengisian saluran akar)",
        "Saluran di dalam akar gigi tampak pernah diisi pada perawatan terdahulu.",
        "Tidak perlu tindakan hanya karena ini; dokter gigi melihatnya pada pemeriksaan rutin.",
    ),
    "impacted_tooth": Words(
        "gigi terpendam",
        "gigi impaksi",
        "Gigi yang tidak tumbuh keluar karena terhalang sesuatu, sering kali gigi bungsu. "
        "Mungkin saja tidak pernah menimbulkan masalah.",
        "Sampaikan pada kunjungan berikutnya ke dokter gigi, lebih cepat bila gusi di sekitarnya bengkak "
        "atau sakit.",
    ),
    "periapical_lesion": Words(
        "peradangan di ujung akar gigi",
        "lesi periapikal (periodontitis apikalis)",
        "Perubahan tulang di sekitar ujung akar gigi, sering kali karena bagian dalam gigi meradang atau "
        "mati. Keadaan ini dapat ada tanpa rasa sakit.",
        "Periksakan ke dokter gigi dalam beberapa minggu ke depan, jangan menunggu bila sakit, bengkak, atau "
        "demam.",
    ),
    "fracture": Words(
        "gigi patah",
        "fraktur gigi",
        "Gigi yang retak atau kehilangan sebagian, paling sering karena benturan atau menggigit benda keras.",
        "Periksakan ke dokter gigi dalam beberapa hari, segera setelah kecelakaan atau bila sakit atau "
        "goyang; simpan pecahan yang lepas.",
    ),
    "sound_tooth": Words(
        "gigi sehat",
        "gigi tanpa kelainan",
        "Gigi yang tidak menunjukkan hal yang tidak biasa bagi model. Yang tidak terlihat di gambar tetap "
        "mungkin ada.",
        "Tidak perlu tindakan hanya karena ini; dokter gigi melihatnya pada pemeriksaan rutin.",
    ),
}
