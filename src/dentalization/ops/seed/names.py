"""Words from which invented people are made. Every combination is chance; no real person is meant."""

from __future__ import annotations

FIRST_NAMES = (
    "Adi", "Agus", "Amalia", "Andi", "Anisa", "Arif", "Ayu", "Bagus", "Bambang", "Bayu", "Bima", "Budi",
    "Cahya", "Citra", "Dedi", "Dewi", "Dian", "Dimas", "Dwi", "Eka", "Eko", "Endang", "Fajar", "Farah",
    "Fitri", "Galih", "Gilang", "Hadi", "Hana", "Hendra", "Indah", "Intan", "Irfan", "Joko", "Kartika",
    "Kirana", "Laras", "Lestari", "Lina", "Made", "Maya", "Mega", "Melati", "Nadia", "Ni Luh", "Nur",
    "Nyoman", "Putri", "Putu", "Rahmat", "Rani", "Ratna", "Reza", "Rina", "Rizki", "Sari", "Satria",
    "Sinta", "Siti", "Slamet", "Sri", "Surya", "Taufik", "Tia", "Tri", "Umar", "Utami", "Vina", "Wahyu",
    "Wayan", "Wulan", "Yanti", "Yoga", "Yusuf", "Zahra", "Aisha", "Akira", "Alejandro", "Amina", "Anna",
    "Arjun", "Chen", "Clara", "Daniel", "David", "Elena", "Emma", "Fatima", "Grace", "Hiro", "Hugo",
    "Ines", "Ivan", "James", "Jin", "Julia", "Kofi", "Lars", "Leila", "Linh", "Lucas", "Maria", "Mei",
    "Michael", "Min", "Mohammed", "Noah", "Nora", "Olivia", "Omar", "Paula", "Priya", "Rafael", "Sara",
    "Sofia", "Thomas", "Wei", "Yara", "Zoe",
)  # fmt: skip

LAST_NAMES = (
    "Anggraini", "Aritonang", "Batubara", "Damanik", "Darmawan", "Ginting", "Gunawan", "Hakim", "Halim",
    "Handayani", "Harahap", "Hartono", "Hasibuan", "Hidayat", "Hutapea", "Iskandar", "Kurniawan",
    "Kusuma", "Laksono", "Lestari", "Lubis", "Mahendra", "Manurung", "Maulana", "Nasution", "Nugroho",
    "Pangestu", "Permata", "Pohan", "Prabowo", "Pradana", "Pranata", "Prasetyo", "Pratama", "Purnama",
    "Rahma", "Rahman", "Ramadhan", "Safitri", "Saputra", "Saragih", "Setiawan", "Siahaan", "Siregar",
    "Sitompul", "Suharto", "Sulistyo", "Suryadi", "Susanto", "Sutanto", "Syahputra", "Tanjung", "Utomo",
    "Wardhana", "Wibowo", "Wicaksono", "Widodo", "Wijaya", "Winata", "Wulandari", "Yulianto", "Yusuf",
    "Zulkarnain", "Ahmed", "Andersson", "Bauer", "Brown", "Chen", "Costa", "da Silva", "Dubois", "Evans",
    "Fernandez", "Garcia", "Haddad", "Hansen", "Ito", "Ivanova", "Jansen", "Johnson", "Kim", "Kowalski",
    "Kumar", "Li", "Lopez", "Martin", "Mensah", "Meyer", "Moreau", "Nakamura", "Nguyen", "Novak",
    "Okafor", "Patel", "Pereira", "Rossi", "Santos", "Sato", "Schmidt", "Singh", "Smith", "Tan", "Tran",
    "Wang", "Wong", "Yilmaz",
)  # fmt: skip

STREETS = (
    "Jl. Anggrek", "Jl. Cempaka", "Jl. Dahlia", "Jl. Flamboyan", "Jl. Gajah Mada", "Jl. Kamboja",
    "Jl. Kenanga", "Jl. Mawar", "Jl. Melati", "Jl. Merdeka", "Jl. Pahlawan", "Jl. Sudirman", "Jl. Teratai",
)  # fmt: skip
CITIES = (
    "Jakarta Selatan", "Jakarta Barat", "Bandung", "Surabaya", "Yogyakarta", "Semarang", "Medan", "Makassar",
    "Denpasar", "Palembang", "Malang", "Bogor", "Depok", "Padang", "Balikpapan", "Manado",
)  # fmt: skip
CLINICS = (
    "Klinik Gigi Anggrek", "Klinik Gigi Bunda", "Klinik Gigi Ceria", "Klinik Gigi Harapan",
    "Klinik Gigi Kenanga", "Klinik Gigi Mutiara", "Klinik Gigi Nusantara", "Klinik Gigi Sehat",
    "Klinik Gigi Senyum", "Klinik Gigi Tersenyum",
)  # fmt: skip
EDUCATION = (
    "Universitas Indonesia, Fakultas Kedokteran Gigi",
    "Universitas Gadjah Mada, Fakultas Kedokteran Gigi",
    "Universitas Airlangga, Fakultas Kedokteran Gigi",
    "Universitas Padjadjaran, Fakultas Kedokteran Gigi",
)
SPECIALIZATIONS = (
    "General Dentistry", "General Dentistry", "General Dentistry", "Orthodontics", "Periodontics",
    "Endodontics", "Prosthodontics", "Oral Surgery", "Pediatric Dentistry",
)  # fmt: skip
SUBSPECIALTIES = ("", "", "Implantology", "Cosmetic Dentistry", "Dental Radiology", "Sedation")

# An empty text is NULL: nobody has asked.
ALLERGIES = ("", "none", "none", "none", "penicillin", "latex", "ibuprofen", "local anaesthetic", "seafood")
MEDICATIONS = (
    "",
    "none",
    "none",
    "none",
    "metformin",
    "amlodipine",
    "warfarin",
    "levothyroxine",
    "salbutamol",
)
MEDICAL_HISTORY = (
    "", "", "none", "none", "type 2 diabetes", "hypertension", "asthma", "hypothyroidism", "heart murmur",
)  # fmt: skip
INSURANCE = ("BPJS Kesehatan", "BPJS Kesehatan", "BPJS Kesehatan", "private insurance", "")
PAIN_TOLERANCE = ("", "low", "medium", "medium", "high")
LANGUAGES = ("id", "id", "id", "id", "en")
DIETS = ("", "", "halal", "halal", "vegetarian", "no nuts", "lactose intolerance")
SMOKING = ("never", "never", "never", "former", "current", "")
CONCERNS = (
    "", "", "sensitive to cold", "bleeding gums", "discoloured teeth", "pain when chewing", "a chipped tooth",
    "bad breath",
)  # fmt: skip
EARLIER_WORK = (
    "",
    "none",
    "two fillings",
    "a crown",
    "scaling last year",
    "braces as a teenager",
    "a bridge",
)

PHOTO_DESCRIPTIONS = (
    "", "", "", "before brushing", "lower jaw hurts", "check after six months", "upper front teeth",
    "after scaling", "bleeds when brushing",
)  # fmt: skip
REVIEW_NOTES = (
    "", "", "", "Agreed; please book a visit.", "Sesuai temuan, mohon segera kontrol.",
    "Clear on the photo.", "Clinical examination needed to be sure.", "Perlu pemeriksaan langsung.",
)  # fmt: skip
REJECTION_NOTES = (
    "A shadow, not decay.", "The photo is too dark to tell.", "Stain from coffee, no decay.",
    "Bukan karies, hanya noda.",
)  # fmt: skip
VISIT_REASONS = (
    "Check-up", "Filling", "Scaling", "Tooth pain", "Follow-up of a finding", "Kontrol rutin",
    "Second opinion", "Bleeding gums",
)  # fmt: skip
VISIT_NOTES = ("", "", "", "patient asks for a reminder", "bring earlier x-rays", "local anaesthetic planned")
RECORDS = (
    ("diagnosis", "Caries confirmed", "Decay into the dentine; filling advised."),
    ("diagnosis", "Gingivitis", "Gums inflamed along the lower front teeth; scaling and brushing advice."),
    ("treatment", "Composite filling", "Decay removed, composite filling placed, bite checked."),
    ("treatment", "Scaling", "Tartar removed in all quadrants; polishing."),
    ("treatment", "Root canal treatment", "First session: canals cleaned, temporary filling."),
    ("prescription", "Chlorhexidine rinse", "0.12 %, twice a day for seven days."),
    ("prescription", "Paracetamol", "500 mg, up to three times a day for three days."),
)
