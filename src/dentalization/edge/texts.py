"""What pages say, in English and Indonesian. A key is where it stands; a test keeps both complete."""

from __future__ import annotations

from typing import Final

from dentalization.edge.appointment_texts import APPOINTMENT_TEXTS
from dentalization.edge.booking_texts import BOOKING
from dentalization.edge.calendar_texts import CALENDAR
from dentalization.edge.error_texts import ERRORS
from dentalization.edge.factor_texts import FACTORS
from dentalization.edge.licence_texts import LICENCES
from dentalization.edge.mail_texts import MAIL
from dentalization.edge.oversight_texts import OVERSIGHT
from dentalization.edge.privacy_texts import PRIVACY
from dentalization.edge.record_texts import RECORDS
from dentalization.edge.schedule_texts import SCHEDULE
from dentalization.edge.sealing_texts import SEALING
from dentalization.edge.service_texts import SERVICE
from dentalization.edge.waiting_texts import WAITING

LANGUAGES: Final = ("en", "id")

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "skip": ("Skip to the content", "Lewati ke isi"),
    "menu": ("Main menu", "Menu utama"),
    "language": ("Language", "Bahasa"),
    "sign-in": ("Sign in", "Masuk"),
    "sign-out": ("Sign out", "Keluar"),
    "register": ("Create an account", "Buat akun"),
    "email": ("E-mail address", "Alamat email"),
    "password": ("Password", "Kata sandi"),
    "password-hint": ("At least 8 characters.", "Minimal 8 karakter."),
    "history": ("History", "Riwayat"),
    "new-photo": ("New photo", "Foto baru"),
    "photos": ("Photos", "Foto"),
    "photos-of": ("Photos of this patient", "Foto pasien ini"),
    "to-analysis": ("To the analysis", "Ke analisis"),
    "queue": ("Queue", "Antrean"),
    "patients": ("Patients", "Pasien"),
    "profile": ("Profile", "Profil"),
    "sessions": ("Signed-in devices", "Perangkat yang masuk"),
    "licences": ("Licences", "Izin praktik"),
    "landing-title": ("Know your teeth better", "Kenali gigi Anda lebih baik"),
    "landing-lead": (
        "Photograph your teeth. Within seconds an AI proposes what the picture may show, and how sure it is. "
        "A licensed dentist decides.",
        "Foto gigi Anda. Dalam hitungan detik AI mengusulkan apa yang mungkin terlihat, dan seberapa yakin. "
        "Dokter gigi berizin yang memutuskan.",
    ),
    "landing-1": ("You take a photo", "Anda mengambil foto"),
    "landing-1-text": (
        "With your telephone. Where and when it was taken is removed before it is kept.",
        "Dengan ponsel Anda. Tempat dan waktu pengambilan dihapus sebelum foto disimpan.",
    ),
    "landing-2": ("The AI proposes", "AI mengusulkan"),
    "landing-2-text": (
        "Each finding says which model made it and how often such findings were right.",
        "Setiap temuan menyebut model yang membuatnya dan seberapa sering temuan seperti itu benar.",
    ),
    "landing-3": ("A dentist decides", "Dokter gigi memutuskan"),
    "landing-3-text": (
        "A dentist with a verified licence corrects, confirms or rejects. The outcome is in your history.",
        "Dokter gigi dengan izin terverifikasi mengoreksi, menegaskan, atau menolak. "
        "Anda melihat hasilnya di riwayat.",
    ),
    "no-account": ("No account yet?", "Belum punya akun?"),
    "have-account": ("Have an account already?", "Sudah punya akun?"),
    "registered": (
        "If this address was new, its account is ready. Sign in.",
        "Jika alamat ini baru, akunnya sudah siap. Silakan masuk.",
    ),
    "role": ("I am a", "Saya"),
    "role-patient": ("Patient", "Pasien"),
    "role-doctor": ("Dentist", "Dokter gigi"),
    "firstName": ("First name", "Nama depan"),
    "lastName": ("Last name", "Nama belakang"),
    "licenseNumber": ("Licence number (dentists)", "Nomor izin praktik (dokter gigi)"),
    "phone": ("Telephone", "Telepon"),
    "dateOfBirth": ("Date of birth", "Tanggal lahir"),
    "address": ("Address", "Alamat"),
    "emergencyContact": ("Emergency contact", "Kontak darurat"),
    "allergies": ("Allergies", "Alergi"),
    "medications": ("Medications", "Obat-obatan"),
    "medicalHistory": ("Medical history", "Riwayat kesehatan"),
    "insuranceInfo": ("Insurance", "Asuransi"),
    "painTolerance": ("Pain tolerance", "Toleransi nyeri"),
    "preferredLanguage": ("Preferred language", "Bahasa pilihan"),
    "dietaryRestrictions": ("Dietary restrictions", "Pantangan makanan"),
    "smokingStatus": ("Smoking", "Merokok"),
    "dentalConcerns": ("Dental concerns", "Keluhan gigi"),
    "previousDentalWork": ("Previous dental work", "Perawatan gigi sebelumnya"),
    "lastDentalVisit": ("Last dental visit", "Kunjungan terakhir ke dokter gigi"),
    "specialization": ("Specialization", "Spesialisasi"),
    "subspecialties": ("Subspecialties, separated by commas", "Subspesialisasi, dipisah koma"),
    "education": ("Education", "Pendidikan"),
    "yearsExperience": ("Years of experience", "Tahun pengalaman"),
    "clinicName": ("Clinic", "Klinik"),
    "clinicAddress": ("Address of the clinic", "Alamat klinik"),
    "clinicPhone": ("Telephone of the clinic", "Telepon klinik"),
    "save": ("Save", "Simpan"),
    "saved": ("Saved.", "Tersimpan."),
    "profile-complete": ("Your profile is complete.", "Profil Anda lengkap."),
    "profile-incomplete": (
        "Your profile is not complete yet; a dentist needs it to treat you safely.",
        "Profil Anda belum lengkap; dokter gigi memerlukannya untuk merawat Anda dengan aman.",
    ),
    "profile-incomplete-doctor": (
        "Your profile is not complete yet; patients need it to choose.",
        "Profil Anda belum lengkap; pasien memerlukannya untuk memilih.",
    ),
    "verified": ("Licence verified", "Izin terverifikasi"),
    "not-verified": (
        "Your licence is not verified yet; until then you can complete your profile.",
        "Izin Anda belum diverifikasi; sementara itu Anda dapat melengkapi profil.",
    ),
    "photo-file": ("Picture", "Gambar"),
    "photo-hint": (
        "JPEG, PNG, WebP or HEIC; at most 10 MB. Good light, sharp, teeth in the middle.",
        "JPEG, PNG, WebP atau HEIC; maksimal 10 MB. Cahaya cukup, tajam, gigi di tengah.",
    ),
    "photo-type": ("Kind of picture", "Jenis gambar"),
    "photo-intraoral": ("Photo inside the mouth", "Foto di dalam mulut"),
    "photo-extraoral": ("Photo of the smile", "Foto senyum"),
    "photo-panoramic": ("Panoramic x-ray", "Rontgen panoramik"),
    "photo-bitewing": ("Bitewing x-ray", "Rontgen bitewing"),
    "photo-periapical": ("Periapical x-ray", "Rontgen periapikal"),
    "photo-xray": ("Other x-ray", "Rontgen lain"),
    "photo-other": ("Something else", "Lainnya"),
    "description": ("What should the dentist know?", "Apa yang perlu diketahui dokter gigi?"),
    "optional": ("optional", "opsional"),
    "upload": ("Upload and analyse", "Unggah dan analisis"),
    "uploading": ("Uploading…", "Mengunggah…"),
    "analysing": ("The AI is looking at your picture", "AI sedang melihat gambar Anda"),
    "analysing-text": (
        "This takes a few seconds. The page goes on by itself.",
        "Ini memerlukan beberapa detik. Halaman berlanjut sendiri.",
    ),
    "analysis-failed": ("The analysis did not succeed", "Analisis tidak berhasil"),
    "try-again": ("Try again", "Coba lagi"),
    "history-empty": ("There is nothing here yet.", "Belum ada apa-apa di sini."),
    "history-of": ("History of this patient", "Riwayat pasien ini"),
    "first-photo": ("Take the first photo", "Ambil foto pertama"),
    "more": ("Show more", "Tampilkan lagi"),
    "diagnosis": ("Diagnosis", "Diagnosis"),
    "ai-proposal": ("What the AI proposes", "Usulan AI"),
    "ai-note": (
        "This is a proposal by an AI, not a diagnosis. A licensed dentist decides.",
        "Ini usulan AI, bukan diagnosis. Dokter gigi berizin yang memutuskan.",
    ),
    "findings": ("Findings", "Temuan"),
    "no-findings": (
        "The AI found nothing that it can name. That does not mean that there is nothing.",
        "AI tidak menemukan sesuatu yang dapat disebutkan. Itu tidak berarti tidak ada apa-apa.",
    ),
    "corrected-by-dentist": ("Corrected by the dentist", "Dikoreksi oleh dokter gigi"),
    "show-model-boxes": ("Show the AI's own boxes", "Tampilkan kotak asli dari AI"),
    "found-by": ("Found by", "Ditemukan oleh"),
    "could-not-see": ("Could not have seen", "Tidak mungkin terlihat"),
    "notes": ("Notes of the dentist", "Catatan dokter gigi"),
    "ledger": ("What happened", "Yang telah terjadi"),
    "verb-CLAIMED": ("taken on by", "diambil oleh"),
    "verb-REVIEWED": ("reviewed by", "ditinjau oleh"),
    "verb-CONFIRMED": ("confirmed by", "ditegaskan oleh"),
    "verb-REJECTED": ("rejected by", "ditolak oleh"),
    "status-PENDING": ("Waiting for a dentist", "Menunggu dokter gigi"),
    "status-REVIEWED": ("Reviewed by a dentist", "Ditinjau dokter gigi"),
    "status-CONFIRMED": ("Confirmed by a dentist", "Ditegaskan dokter gigi"),
    "status-REJECTED": ("Rejected by a dentist", "Ditolak dokter gigi"),
    "live-fresh": ("Brought up to date.", "Telah diperbarui."),
    "live-news": ("There is something new: show it", "Ada yang baru: tampilkan"),
    "queue-title": ("Waiting for a dentist", "Menunggu dokter gigi"),
    "queue-empty": ("Nobody is waiting.", "Tidak ada yang menunggu."),
    "mine-title": ("Taken on by you", "Anda ambil"),
    "mine-empty": ("You have nothing open.", "Tidak ada yang terbuka."),
    "stats-title": ("Your last 30 days", "30 hari terakhir Anda"),
    "claim": ("Take this case", "Ambil kasus ini"),
    "review-title": ("Your decision", "Keputusan Anda"),
    "reviewed-blind": ("To be answered without the AI", "Dijawab tanpa melihat AI"),
    "no-model": (
        "No AI model for this kind of picture; a dentist will look",
        "Belum ada model AI untuk jenis gambar ini; dokter gigi akan memeriksa",
    ),
    "what-it-means": ("What it means, and what to do", "Artinya, dan yang perlu dilakukan"),
    "nothing-to-mark": ("I see nothing to mark", "Tidak ada yang perlu ditandai"),
    "decision-REVIEWED": ("Seen, not decided yet", "Dilihat, belum diputuskan"),
    "decision-CONFIRMED": ("Confirm", "Tegaskan"),
    "decision-REJECTED": ("Reject", "Tolak"),
    "decide": ("Save the decision", "Simpan keputusan"),
    "boxes": ("Boxes", "Kotak"),
    "boxes-hint": (
        "Drag a box or its corner, draw a new one on a free place, or type the numbers. Arrow keys move the "
        "chosen box, with Shift they resize it, Delete removes it.",
        "Geser kotak atau sudutnya, gambar kotak baru di tempat kosong, atau ketik angkanya. Tombol panah "
        "memindahkan kotak terpilih, dengan Shift mengubah ukurannya, Delete menghapusnya.",
    ),
    "add-box": ("Add a box", "Tambah kotak"),
    "undo": ("Undo", "Urungkan"),
    "remove": ("Remove", "Hapus"),
    "condition": ("Condition", "Kondisi"),
    "box": ("Box", "Kotak"),
    "x": ("left", "kiri"),
    "y": ("top", "atas"),
    "width": ("width", "lebar"),
    "height": ("height", "tinggi"),
    "picture": ("The picture", "Gambar"),
    "no-picture": ("There is no picture here.", "Tidak ada gambar di sini."),
    "picture-hidden": (
        "Photo of teeth with boxes around findings",
        "Foto gigi dengan kotak di sekitar temuan",
    ),
    "since": ("since", "sejak"),
    "cases": ("cases", "kasus"),
    "patients-empty": ("Nobody is in your care yet.", "Belum ada pasien dalam perawatan Anda."),
    "sessions-this": ("this device", "perangkat ini"),
    "sessions-end": ("Sign out there", "Keluarkan"),
    "unknown-device": ("unknown device", "perangkat tidak dikenal"),
    "licences-waiting": ("Waiting for verification", "Menunggu verifikasi"),
    "licences-verified": ("Verified", "Terverifikasi"),
    "verify": ("Verify", "Verifikasi"),
    "withdraw": ("Withdraw", "Cabut"),
    "error-title": ("That did not work", "Tidak berhasil"),
    "error-summary": ("Please check:", "Mohon periksa:"),
    "home": ("To the start page", "Ke halaman awal"),
    **OVERSIGHT,
    **ERRORS,
    **APPOINTMENT_TEXTS,
    **BOOKING,
    **SCHEDULE,
    **RECORDS,
    **WAITING,
    **SERVICE,
    **SEALING,
    **PRIVACY,
    **LICENCES,
    **MAIL,
    **FACTORS,
    **CALENDAR,
}


def text(key: str, language: str) -> str:
    """Raises KeyError for a text that does not exist."""
    return TEXTS[key][LANGUAGES.index(language)]
