// What an application written for the data model does: its seed, its writes, its four queries. Prints what
// it was answered, as JSON.
import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from './generated/prisma/client.ts'

const prisma = new PrismaClient({ adapter: new PrismaPg({}) }) // the address is in PGHOST and its like

const detections = [
  { condition: 'caries', confidence: 0.8, location: { x: 10, y: 20, width: 30, height: 40 } },
]

async function seed() {
  await prisma.user.create({
    data: { email: 'admin@example.com', password: 'a hash', role: 'ADMIN' },
  })
  return prisma.user.create({
    data: {
      email: 'doctor@example.com',
      password: 'a hash',
      role: 'DOCTOR',
      doctorProfile: {
        create: {
          firstName: 'Dr. Budi',
          lastName: 'Santoso',
          licenseNumber: 'DDS12345',
          specialization: 'General Dentistry',
          subspecialties: ['endodontics', 'a "quoted", one'],
          yearsExperience: 10,
          profileComplete: true,
        },
      },
    },
    include: { doctorProfile: true },
  })
}

async function patientOf(doctorId: string, email: string, diagnoses: number, at: string) {
  const user = await prisma.user.create({
    data: {
      email,
      password: 'a hash',
      patientProfile: {
        create: {
          firstName: 'Siti',
          lastName: email,
          dateOfBirth: new Date('1990-02-28'),
          dentalPhotos: {
            create: { photoUrl: 'https://example.com/1', photoType: 'intraoral', metadata: { flash: true } },
          },
          medicalRecords: {
            create: {
              recordType: 'treatment', title: 'Filling', description: 'Upper left', doctorId,
              data: { tooth: 26 }, attachments: ['https://example.com/a', 'https://example.com/b'],
            },
          },
          appointments: {
            create: {
              doctorId, scheduledAt: new Date(at), duration: 30, reason: 'Pain',
              status: 'CONFIRMED', metadata: ['first', null, 1.5],
            },
          },
        },
      },
      sessions: { create: { refreshToken: email, expiresAt: new Date('2030-01-01') } },
    },
    include: { patientProfile: true },
  })
  const patientId = user.patientProfile!.id
  for (let i = 0; i < diagnoses; i++) {
    await prisma.aiDiagnosis.create({
      data: {
        userId: user.id, patientId, doctorId, photoUrl: 'https://example.com/1', detections,
        diagnosis: `Possible caries ${i}`, confidence: 0.8, metadata: { model: 'm', nested: { a: [1] } },
        createdAt: new Date(Date.now() - i * 5 * 24 * 60 * 60 * 1000),
      },
    })
  }
  return patientId
}

async function commonQueries(patientId: string, doctorId: string) {
  const user = await prisma.user.findUnique({
    where: { email: 'doctor@example.com' },
    include: {
      doctorProfile: true,
      patientProfile: true,
    },
  })
  const diagnoses = await prisma.aiDiagnosis.findMany({
    where: {
      patientId: patientId,
    },
    include: {
      doctor: {
        select: {
          firstName: true,
          lastName: true,
          specialization: true,
        },
      },
    },
    orderBy: {
      createdAt: 'desc',
    },
    take: 10,
  })
  const patients = await prisma.aiDiagnosis.findMany({
    where: {
      doctorId: doctorId,
    },
    include: {
      patient: {
        select: {
          firstName: true,
          lastName: true,
          dateOfBirth: true,
        },
      },
    },
    distinct: ['patientId'],
  })
  const stats = await prisma.aiDiagnosis.groupBy({
    by: ['status'],
    where: {
      doctorId: doctorId,
      createdAt: {
        gte: new Date(Date.now() - 30 * 24 * 60 * 60 * 1000), // Last 30 days
      },
    },
    _count: {
      id: true,
    },
  })
  return { user, diagnoses, patients, stats }
}

async function review(patientId: string) {
  const newest = { where: { patientId }, orderBy: { createdAt: 'desc' } } as const
  const before = await prisma.aiDiagnosis.findFirstOrThrow(newest)
  const after = await prisma.aiDiagnosis.update({
    where: { id: before.id },
    data: { status: 'CONFIRMED', notes: 'Agreed.' },
  })
  const confirmed = await prisma.aiDiagnosis.findMany({ where: { status: 'CONFIRMED' }, select: { id: true } })
  const withJson = await prisma.aiDiagnosis.count({ where: { metadata: { path: ['model'], equals: 'm' } } })
  const withSubspecialty = await prisma.doctorProfile.count({ where: { subspecialties: { has: 'endodontics' } } })
  return { before, after, confirmed, withJson, withSubspecialty }
}

const doctor = await seed()
const doctorId = doctor.doctorProfile!.id
const patientId = await patientOf(doctorId, 'patient@example.com', 12, '2030-01-02T03:04:05.678Z')
await patientOf(doctorId, 'another@example.com', 2, '2030-01-02T04:04:05.678Z')
const reviewed = await review(patientId)
const queries = await commonQueries(patientId, doctorId)
const everything = {
  users: await prisma.user.findMany(),
  doctor_profiles: await prisma.doctorProfile.findMany(),
  patient_profiles: await prisma.patientProfile.findMany(),
  ai_diagnoses: await prisma.aiDiagnosis.findMany(),
  dental_photos: await prisma.dentalPhoto.findMany(),
  medical_records: await prisma.medicalRecord.findMany(),
  sessions: await prisma.session.findMany(),
  appointments: await prisma.appointment.findMany(),
}
await prisma.user.delete({ where: { email: 'another@example.com' } })
const left = { patients: await prisma.patientProfile.count(), appointments: await prisma.appointment.count() }
console.log(JSON.stringify({ patientId, doctorId, reviewed, queries, everything, left }))
await prisma.$disconnect()
