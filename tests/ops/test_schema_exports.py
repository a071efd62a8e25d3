"""The schema as SQL, for Prisma and as a diagram: complete, with the spec's names, and as documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import Interval

from dentalization import catalog
from dentalization.ops.schema import ddl, mermaid_diagram, prisma_schema, write_reference
from dentalization.ops.schema.prisma import prisma_type

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"

# The models of the data model: every field, relations among them.
MODELS = {
    "User": "id email password role createdAt updatedAt doctorProfile patientProfile sessions aiDiagnoses",
    "DoctorProfile": "id userId user firstName lastName phone licenseNumber specialization subspecialties "
    "education yearsExperience clinicName clinicAddress clinicPhone profilePicture profileComplete "
    "isVerified createdAt updatedAt aiDiagnosesReviewed medicalRecords appointments",
    "PatientProfile": "id userId user firstName lastName dateOfBirth phone address emergencyContact "
    "allergies medications medicalHistory insuranceInfo painTolerance preferredLanguage "
    "dietaryRestrictions smokingStatus dentalConcerns previousDentalWork lastDentalVisit profilePicture "
    "profileComplete createdAt updatedAt dentalPhotos medicalRecords aiDiagnoses appointments",
    "AiDiagnosis": "id userId user patientId patient doctorId doctor photoUrl diagnosis confidence "
    "detections metadata status notes createdAt updatedAt",
    "DentalPhoto": "id patientId patient photoUrl photoType description metadata takenAt createdAt updatedAt",
    "MedicalRecord": "id patientId patient doctorId doctor recordType title description data attachments "
    "recordDate createdAt updatedAt",
    "Session": "id userId user refreshToken deviceInfo ipAddress expiresAt createdAt updatedAt",
    "Appointment": "id patientId patient doctorId doctor scheduledAt duration status reason notes metadata "
    "createdAt updatedAt",
}

ENUMS = {
    "Role": "PATIENT DOCTOR ADMIN",
    "DiagnosisStatus": "PENDING REVIEWED CONFIRMED REJECTED",
    "AppointmentStatus": "SCHEDULED CONFIRMED IN_PROGRESS COMPLETED CANCELLED NO_SHOW",
}

# model, field -> what stands beside it
FIELDS = {
    ("User", "id"): "String @id @default(cuid())",
    ("User", "email"): "String @unique @db.VarChar(255)",
    ("User", "role"): "Role @default(PATIENT)",
    ("User", "updatedAt"): 'DateTime @updatedAt @map("updated_at") @db.Timestamptz(6)',
    ("User", "doctorProfile"): "DoctorProfile?",
    ("User", "sessions"): "Session[]",
    ("DoctorProfile", "subspecialties"): "String[] @default([])",
    ("DoctorProfile", "yearsExperience"): 'Int? @map("years_experience")',
    ("DoctorProfile", "aiDiagnosesReviewed"): 'AiDiagnosis[] @relation("DoctorReviews")',
    ("PatientProfile", "dateOfBirth"): 'DateTime? @map("date_of_birth") @db.Date',
    ("PatientProfile", "profileComplete"): 'Boolean @default(false) @map("profile_complete")',
    ("PatientProfile", "aiDiagnoses"): 'AiDiagnosis[] @relation("PatientDiagnoses")',
    ("AiDiagnosis", "confidence"): "Float",
    ("AiDiagnosis", "metadata"): "Json?",
    ("AiDiagnosis", "doctor"): 'DoctorProfile? @relation("DoctorReviews", fields: [doctorId], '
    "references: [id], onDelete: SetNull, onUpdate: NoAction)",
    ("Appointment", "doctor"): "DoctorProfile @relation(fields: [doctorId], references: [id], "
    "onDelete: Cascade, onUpdate: NoAction)",
    ("MedicalRecord", "recordDate"): 'DateTime @default(now()) @map("record_date") @db.Timestamptz(6)',
}

_BLOCK = re.compile(r"^(model|enum) (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_NAME_IN_DATABASE = re.compile(r'\(map: "\w+"\)|, map: "\w+"')


def blocks(kind: str) -> dict[str, str]:
    return {name: body for found, name, body in _BLOCK.findall(prisma_schema()) if found == kind}


def lines(body: str) -> list[list[str]]:
    """Words of each field or label; without attributes of the block and comments."""
    split = [line.split() for line in body.splitlines()]
    return [words for words in split if words and not words[0].startswith(("@@", "//"))]


@pytest.mark.parametrize("model", MODELS)
def test_models_have_exactly_the_fields_of_the_spec(model: str) -> None:
    assert sorted(words[0] for words in lines(blocks("model")[model])) == sorted(MODELS[model].split())


@pytest.mark.parametrize(("model", "field"), FIELDS)
def test_fields_have_the_types_and_rules_of_the_spec(model: str, field: str) -> None:
    words = next(words for words in lines(blocks("model")[model]) if words[0] == field)
    assert _NAME_IN_DATABASE.sub("", " ".join(words[1:])) == FIELDS[model, field]


@pytest.mark.parametrize("name", ENUMS)
def test_enums_have_the_labels_of_the_spec(name: str) -> None:
    assert [words[0] for words in lines(blocks("enum")[name])] == ENUMS[name].split()


def test_indexes_that_prisma_cannot_express_are_comments() -> None:
    diagnosis = blocks("model")["AiDiagnosis"]
    assert '@@index([createdAt(sort: Desc)], map: "idx_ai_diagnoses_created_at")' in diagnosis
    assert "// CREATE INDEX idx_ai_diagnoses_unclaimed ON ai_diagnoses" in diagnosis
    assert "// CREATE INDEX idx_ai_diagnoses_doctor_id ON ai_diagnoses" in diagnosis


def test_a_type_that_prisma_does_not_know_is_named_as_such() -> None:
    assert prisma_type(Interval()) == ('Unsupported("interval")', "")


def test_every_table_is_in_every_form() -> None:
    schema, diagram, script = prisma_schema(), mermaid_diagram(), ddl()
    for table in catalog.metadata.sorted_tables:
        assert f'@@map("{table.name}")' in schema
        assert f"TABLE {table.name} (" in script
    assert diagram.count(" {\n") == len(catalog.metadata.tables)
    assert "    PatientProfile |o--o{ AiDiagnosis : " in diagram
    assert "    User ||--o| DoctorProfile : " in diagram


def test_the_documentation_is_what_the_tables_say(tmp_path: Path) -> None:
    write_reference(tmp_path / "new folder")
    for page in (tmp_path / "new folder").iterdir():
        documented = REFERENCE / page.name
        assert documented.read_text() == page.read_text(), (
            f"write it anew: python -m dentalization.ops.schema {REFERENCE.relative_to(Path.cwd())}"
        )
