"""What the pages about licences say."""

from __future__ import annotations

from typing import Final

LICENCES: Final[dict[str, tuple[str, str]]] = {
    "licence": ("Licence", "Izin praktik"),
    "licence-of": ("Licence of", "Izin praktik"),
    "doctors": ("Dentists", "Dokter gigi"),
    "sipNumber": ("Number of the practice licence (SIP)", "Nomor surat izin praktik (SIP)"),
    "issuer": ("Issued by", "Diterbitkan oleh"),
    "issuer-hint": (
        "As it stands on the licence, such as the health office of your city.",
        "Seperti tertulis pada surat izin, misalnya dinas kesehatan kota Anda.",
    ),
    "expiresOn": ("Valid until", "Berlaku sampai"),
    "strNumber": ("Number of the registration (STR)", "Nomor surat tanda registrasi (STR)"),
    "licence-holds": ("Your licence is verified", "Izin Anda terverifikasi"),
    "licence-holds-not": ("Your licence is not verified", "Izin Anda tidak terverifikasi"),
    "licence-until": ("Valid until", "Berlaku sampai"),
    "days-left": ("days left", "hari lagi"),
    "days-before-end": ("days before its end", "hari sebelum berakhir"),
    "licence-missing": ("What is missing", "Yang belum lengkap"),
    "missing-licence": (
        "Send in your licence below. Until it is verified you can complete your profile, but take no cases.",
        "Kirim izin praktik Anda di bawah. Sebelum diverifikasi Anda dapat melengkapi profil, "
        "tetapi belum dapat mengambil kasus.",
    ),
    "missing-documents": (
        "Add a scan or photo of your SIP and of your STR.",
        "Tambahkan pindaian atau foto SIP dan STR Anda.",
    ),
    "missing-decision": (
        "An administrator will look at your licence; you need do nothing for that.",
        "Administrator akan memeriksa izin Anda; untuk itu Anda tidak perlu melakukan apa-apa.",
    ),
    "missing-corrected-licence": (
        "Your licence was not accepted; the reason stands below. Put it right and send it in again.",
        "Izin Anda tidak diterima; alasannya ada di bawah. Perbaiki lalu kirim lagi.",
    ),
    "missing-new-licence": (
        "Your licence has run out, so you can take no cases. Send in the new one.",
        "Izin Anda telah berakhir sehingga Anda tidak dapat mengambil kasus. Kirim izin yang baru.",
    ),
    "missing-renewal": (
        "Your licence runs out soon. Send in the renewed one in time: "
        "with the last day you can take no more cases.",
        "Izin Anda segera berakhir. Kirim izin perpanjangan tepat waktu: "
        "setelah hari terakhir Anda tidak dapat mengambil kasus.",
    ),
    "licence-waiting": ("Waiting for a decision", "Menunggu keputusan"),
    "licence-send": ("Send in a licence", "Kirim izin praktik"),
    "licence-send-button": ("Send in", "Kirim"),
    "licence-withdraw": ("Withdraw this licence", "Tarik kembali izin ini"),
    "licence-withdraw-hint": (
        "If something in it is wrong: withdraw it, then send in the right one.",
        "Jika ada yang salah: tarik kembali, lalu kirim yang benar.",
    ),
    "licence-look": ("Look at the licence", "Periksa izin"),
    "licence-before": ("Earlier licences", "Izin sebelumnya"),
    "licence-elsewhere": (
        "Another account has sent in the same number.",
        "Akun lain telah mengirim nomor yang sama.",
    ),
    "licence-over": ("This licence has run out.", "Izin ini telah berakhir."),
    "licence-decision": ("Decision", "Keputusan"),
    "licences-none": ("There is none in this state.", "Tidak ada dalam keadaan ini."),
    "registered-number": ("Number given at registration", "Nomor saat pendaftaran"),
    "documents": ("Documents", "Dokumen"),
    "documents-none": ("No documents were sent in.", "Tidak ada dokumen yang dikirim."),
    "documents-count": ("documents", "dokumen"),
    "document": ("Document", "Dokumen"),
    "document-file": ("Scan or photo", "Pindaian atau foto"),
    "document-hint": ("PDF, JPEG or PNG; at most 10 MB.", "PDF, JPEG, atau PNG; maksimal 10 MB."),
    "document-add": ("Add this document", "Tambahkan dokumen ini"),
    "reason": ("Reason", "Alasan"),
    "reason-hint": (
        "Needed to reject. The dentist reads it.",
        "Wajib untuk penolakan. Dokter gigi akan membacanya.",
    ),
    "by-hand-hint": (
        "Here you verify without documents sent in, or take a verification away; both need a reason. "
        "What dentists have sent in stands under 'Licences'.",
        "Di sini Anda memverifikasi tanpa dokumen kiriman, atau mencabut verifikasi; keduanya perlu alasan. "
        "Kiriman dokter gigi ada di 'Izin praktik'.",
    ),
    "licence-status-SUBMITTED": ("Waiting", "Menunggu"),
    "licence-status-VERIFIED": ("Verified", "Terverifikasi"),
    "licence-status-REJECTED": ("Rejected", "Ditolak"),
    "licence-status-EXPIRED": ("Run out", "Berakhir"),
    "licence-status-WITHDRAWN": ("Withdrawn", "Ditarik kembali"),
    "step-SUBMITTED": ("Sent in", "Dikirim"),
    "step-DOCUMENT_ADDED": ("Document added", "Dokumen ditambahkan"),
    "step-WITHDRAWN": ("Withdrawn", "Ditarik kembali"),
    "step-VERIFIED": ("Verified", "Diverifikasi"),
    "step-REJECTED": ("Rejected", "Ditolak"),
    "step-REVOKED": ("Verification taken away", "Verifikasi dicabut"),
    "step-EXPIRED": ("Ran out", "Berakhir"),
    "step-NOTICE": ("Notice of the end", "Pemberitahuan akan berakhir"),
    "actor-DOCTOR": ("the dentist", "dokter gigi"),
    "actor-ADMIN": ("an administrator", "administrator"),
    "actor-WORKER": ("by the calendar", "menurut kalender"),
    "actor-OWNER": ("the operator", "operator"),
    "error.licence-waits": (
        "A licence of yours waits for its decision already; withdraw it to send in another.",
        "Izin Anda sudah menunggu keputusan; tarik kembali untuk mengirim yang lain.",
    ),
    "error.no-licence-waits": (
        "No licence of yours waits for a decision; send in its numbers first.",
        "Tidak ada izin Anda yang menunggu keputusan; kirim nomornya terlebih dahulu.",
    ),
    "error.licence-ran-out": (
        "This licence has run out; its last day must not lie in the past.",
        "Izin ini telah berakhir; hari terakhirnya tidak boleh sudah lewat.",
    ),
    "error.licence-too-long": (
        "A licence lasts at most 30 years; look at the year.",
        "Izin berlaku paling lama 30 tahun; periksa tahunnya.",
    ),
    "error.licence-decided": (
        "This licence has been decided meanwhile; load it again.",
        "Izin ini telah diputuskan sementara itu; muat ulang.",
    ),
    "error.licence-ended": (
        "This licence has run out since it was sent in; reject it with that reason.",
        "Izin ini telah berakhir sejak dikirim; tolak dengan alasan itu.",
    ),
    "error.reason-needed": (
        "Say why: a rejection, and a verification without documents sent in, need a reason.",
        "Tulis alasannya: penolakan, dan verifikasi tanpa dokumen kiriman, memerlukan alasan.",
    ),
    "error.document-too-large": (
        "A document has at most 10 MB; this file is larger. Send a smaller copy.",
        "Dokumen maksimal 10 MB; berkas ini lebih besar. Kirim salinan yang lebih kecil.",
    ),
    "error.document-not-accepted": (
        "This file is no PDF, JPEG or PNG, whatever its name says. Send one of these.",
        "Berkas ini bukan PDF, JPEG, atau PNG, apa pun namanya. Kirim salah satunya.",
    ),
    "error.document-damaged": (
        "This PDF is incomplete: its end is missing. Save it again and send it whole.",
        "PDF ini tidak lengkap: bagian akhirnya hilang. Simpan ulang dan kirim utuh.",
    ),
    "error.document-known": (
        "This document is already with your licence.",
        "Dokumen ini sudah ada pada izin Anda.",
    ),
    "error.documents-full": (
        "A licence has at most 10 documents; withdraw it to begin anew.",
        "Satu izin paling banyak 10 dokumen; tarik kembali untuk memulai lagi.",
    ),
    "error.too-many-orphans": (
        "Too many objects have no row: look whether database and storage belong together.",
        "Terlalu banyak objek tanpa baris: periksa apakah basis data dan penyimpanan cocok.",
    ),
}
